import dataclasses
from typing import TYPE_CHECKING, Any

from keras_transformer.errors import InputError, short_repr

if TYPE_CHECKING:
    from keras_transformer.models.transformer_config import TransformerConfig

# Maximum absolute value of the length penalty. With it, the score of a translation of 65,536 tokens is below 1e27.
MOST_PENALTY = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Settings of the beam search, checked when they are created.

    `Translator.translate`, `Generator.generate`, the exports, `plot_attention` and `TranslationScores` take it as
    `settings`. Their separate arguments, such as `beam_size=1`, are a shorthand for `SearchSettings`.

    Args:
        beam_size: number of hypotheses per sentence, at most the size of the target vocabulary. 1 is greedy search.
            Default 4.
        length_penalty: the exponent alpha of ((5 + length) / 6)^alpha, the divisor of log-probabilities. 0 prefers
            short translations, and higher values prefer longer ones. From -5 to 5, so that no score overflows in
            float32. Default 0.6.
        n_best: number of translations of each text, at most `beam_size`. Default: 1, or `beam_size` in the signature
            `n_best` of a SavedModel.
        max_length: maximum length of source and translation in tokens, including the end token. Default: the model's.

    Raises:
        InputError: a number is out of range.

    Example:

    >>> settings = kt.SearchSettings(beam_size=8, length_penalty=1.0)
    >>> translator.translate(["나는 어제 카페에 갔다."], settings=settings)
    ['I went to the cafe yesterday.']
    """

    beam_size: int = 4
    length_penalty: float = 0.6
    n_best: int | None = None
    max_length: int | None = None

    def __post_init__(self):
        if not -MOST_PENALTY <= self.length_penalty <= MOST_PENALTY:
            raise InputError(
                f"`length_penalty` must be from -{MOST_PENALTY} to {MOST_PENALTY}. "
                f"Received: length_penalty={short_repr(self.length_penalty)}."
            )
        for name in ("beam_size", "n_best"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(f"`{name}` must be at least 1. Received: {name}={number}.")
        if self.n_best is not None and self.n_best > self.beam_size:
            raise InputError(
                f"`n_best` must be at most `beam_size`. Received: n_best={self.n_best}, beam_size={self.beam_size}."
            )

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
            InputError: `max_length` or `beam_size` is out of the model's range.
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
        return dataclasses.replace(self, max_length=max_length)

    def with_n_best(self, n_best: int) -> "SearchSettings":
        """Returns these settings with another number of translations."""
        return dataclasses.replace(self, n_best=n_best)


# The default of evaluations during training, which are frequent.
GREEDY = SearchSettings(beam_size=1)
