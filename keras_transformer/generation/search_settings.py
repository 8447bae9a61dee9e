import dataclasses
from typing import TYPE_CHECKING, Any

from keras_transformer.errors import InputError, short_repr

if TYPE_CHECKING:
    from keras_transformer.models.transformer_config import TransformerConfig

# Default number of texts or pairs of a batch. It does not change translations.
BATCH_SIZE = 64
# Maximum absolute value of the length penalty. With it, the score of a translation of 65,536 tokens is below 1e27.
MOST_PENALTY = 5
# Range of temperatures. Beyond it, float32 rounds the probabilities to those of greedy search or of equal choice.
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0
# The fields that need `sample`.
_FIELDS_OF_SAMPLING = ("temperature", "top_k", "top_p", "seed")


class _Default(int):
    """A default. Its type distinguishes it from the same number of a user."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Settings of the search, checked when they are created.

    `Translator.translate`, `Generator.generate`, the exports, `plot_attention` and `TranslationScores` take it as
    `settings`. Their separate arguments, such as `beam_size=1`, are a shorthand for `SearchSettings`.

    Args:
        beam_size: number of hypotheses per sentence, at most the size of the target vocabulary. 1 is greedy search.
            Default 4, or 1 with `sample`.
        length_penalty: the exponent alpha of ((5 + length) / 6)^alpha, the divisor of log-probabilities. 0 prefers
            short translations, and higher values prefer longer ones. From -5 to 5. Other scores would overflow in
            float32. Default 0.6.
        n_best: number of translations of each text, at most `beam_size`. With `sample`, any number of samples. Default:
            1, or `beam_size` in the signature `n_best` of a SavedModel.
        max_length: maximum length of source and translation in tokens, including the end token. Default: the model's.
        sample: whether each token is drawn at random from the model's distribution, without a beam. Default False.
        temperature: divisor of the logits before a token is drawn, from 0.01 to 100. Values below 1 prefer probable
            tokens. Default 1.
        top_k: number of most probable tokens from which one is drawn. 1 is greedy search. Default: all.
        top_p: a token is drawn from the smallest set of most probable tokens whose probabilities sum to at least this
            value, above 0 and at most 1. It is applied after `temperature` and `top_k`. Default: all.
        seed: the same text, settings and seed give the same samples, in any batch and at any place. A whole number of
            at least 0. Default 0.
        no_repeat_ngram: length of n-grams of tokens that occur at most once in a translation. Default: no limit.
        min_length: minimum length of a translation in tokens, without the end token. Default 0.
        shortlist: whether each translation has only tokens of the model's `Shortlist`. It excludes `sample`. Default
            False.

    Scores are the model's log-probabilities, with `shortlist` normalised over it. `temperature`, `top_k`, `top_p` and
    excluded tokens do not change them.

    Raises:
        InputError: a number is out of range, or two settings exclude each other.

    Example:

    >>> settings = kt.SearchSettings(beam_size=8, length_penalty=1.0)
    >>> translator.translate(["나는 어제 카페에 갔다."], settings=settings)
    ['I went to the cafe yesterday.']
    """

    beam_size: int = _Default(4)
    length_penalty: float = 0.6
    n_best: int | None = None
    max_length: int | None = None
    sample: bool = False
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    no_repeat_ngram: int | None = None
    min_length: int = 0
    shortlist: bool = False

    def __post_init__(self):
        if self.sample and isinstance(self.beam_size, _Default):
            object.__setattr__(self, "beam_size", 1)
        if not -MOST_PENALTY <= self.length_penalty <= MOST_PENALTY:
            raise InputError(
                f"`length_penalty` must be from -{MOST_PENALTY} to {MOST_PENALTY}. "
                f"Received: length_penalty={short_repr(self.length_penalty)}."
            )
        for name, least in (("beam_size", 1), ("n_best", 1), ("top_k", 1), ("no_repeat_ngram", 1), ("min_length", 0)):
            number = getattr(self, name)
            if number is not None and number < least:
                raise InputError(f"`{name}` must be at least {least}. Received: {name}={number}.")
        if self.sample:
            self._check_sampling()
            return
        for name in _FIELDS_OF_SAMPLING:
            if getattr(self, name) != getattr(SearchSettings, name):
                raise InputError(f"`{name}` needs `sample=True`. Received: {name}={short_repr(getattr(self, name))}.")
        if self.n_best is not None and self.n_best > self.beam_size:
            raise InputError(
                f"`n_best` must be at most `beam_size`. Received: n_best={self.n_best}, beam_size={self.beam_size}."
            )

    def _check_sampling(self):
        if self.shortlist:
            raise InputError("`shortlist` excludes `sample`. Remove one of them.")
        if self.beam_size != 1:
            raise InputError(
                "`sample=True` draws each token without a beam, so `beam_size` must be 1. "
                f"Received: beam_size={self.beam_size}. `n_best` is the number of samples."
            )
        if not LOWEST_TEMPERATURE <= self.temperature <= HIGHEST_TEMPERATURE:
            raise InputError(
                f"`temperature` must be from {LOWEST_TEMPERATURE} to {HIGHEST_TEMPERATURE:g}. "
                f"Received: temperature={short_repr(self.temperature)}."
            )
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise InputError(f"`top_p` must be above 0 and at most 1. Received: top_p={short_repr(self.top_p)}.")
        if self.seed < 0:
            raise InputError(f"`seed` must be at least 0. Received: seed={self.seed}.")

    @property
    def num_hypotheses(self) -> int:
        """Number of hypotheses of a sentence that are decoded together: the beam size, or the number of samples."""
        return (self.n_best or 1) if self.sample else self.beam_size

    @property
    def has_rules(self) -> bool:
        """Whether tokens are drawn or excluded. The search then differs from plain beam search."""
        return self.sample or self.no_repeat_ngram is not None or self.min_length > 0

    def described(self) -> dict[str, Any]:
        """Returns the settings of an artifact by name: size, penalty and length, and those that are not the default."""
        fields = {"beam_size": self.beam_size, "length_penalty": self.length_penalty, "max_length": self.max_length}
        if self.sample:
            fields |= {"sample": True, **{name: getattr(self, name) for name in _FIELDS_OF_SAMPLING}}
        if self.no_repeat_ngram:
            fields["no_repeat_ngram"] = self.no_repeat_ngram
        if self.min_length:
            fields["min_length"] = self.min_length
        if self.shortlist:
            fields["shortlist"] = True
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def of(cls, settings: "SearchSettings | None" = None, **arguments: Any) -> "SearchSettings":
        """Returns `settings`, or settings from separate arguments if it is None.

        Args:
            settings: a `SearchSettings`, or None.
            **arguments: fields by name. None means that a field was not given.

        Raises:
            ValueError: both are given, or `settings` is not a `SearchSettings`.
            InputError: a number is out of range.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        if settings is None:
            return cls(**given)
        if not isinstance(settings, SearchSettings):
            raise ValueError(f"`settings` must be a `SearchSettings`. Received: settings={settings!r}.")
        if given:
            received = ", ".join(f"{name}={value}" for name, value in given.items())
            raise ValueError(
                f"Expected `settings` or separate arguments. Received: settings={settings} and {received}. Put them "
                "into `settings`."
            )
        return settings

    def of_model(self, config: "TransformerConfig") -> "SearchSettings":
        """Returns these settings, with the model's `max_length` by default.

        Raises:
            InputError: `max_length`, `min_length` or `beam_size` is out of the model's range.
        """
        if self.beam_size > config.target_vocabulary_size:
            raise InputError(
                f"`beam_size` must be at most the {config.target_vocabulary_size} tokens of the vocabulary. "
                f"Received: beam_size={self.beam_size}."
            )
        max_length = config.max_length if self.max_length is None else self.max_length
        if not 2 <= max_length <= config.max_length:
            raise InputError(
                f"`max_length` must be from 2 to the model's {config.max_length}. Received: max_length={max_length}."
            )
        if self.min_length >= max_length:
            raise InputError(
                f"`min_length` must be below `max_length`, which includes the end token. "
                f"Received: min_length={self.min_length}, max_length={max_length}."
            )
        return dataclasses.replace(self, max_length=max_length)

    def with_n_best(self, n_best: int) -> "SearchSettings":
        """Returns these settings with another number of translations."""
        return dataclasses.replace(self, n_best=n_best)


# The default of evaluations during training, which are frequent.
GREEDY = SearchSettings(beam_size=1)
