import dataclasses
import math

from keras_transformer.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """How translations are searched; checked when it is made.

    Args:
        beam_size: number of hypotheses kept per sentence, at most the target's vocabulary; 1 is greedy. Default 4.
        length_penalty: the exponent alpha of the length penalty. Default 0.6.
        n_best: number of translations where several are given. Default: `beam_size`.
        max_length: the longest source and the longest translation, in tokens, the end token among them. Default: the
            model's.
    """

    beam_size: int = 4
    length_penalty: float = 0.6
    n_best: int | None = None
    max_length: int | None = None

    def __post_init__(self):
        if not math.isfinite(self.length_penalty):
            raise InputError(
                f"`length_penalty` must be a finite number. Received: length_penalty={self.length_penalty}."
            )
        if self.n_best is None:
            object.__setattr__(self, "n_best", self.beam_size)
        for name in ("beam_size", "n_best"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}` must be at least 1. Received: {name}={getattr(self, name)}.")
        if self.n_best > self.beam_size:
            raise InputError(
                f"`n_best` must be at most `beam_size`. Received: n_best={self.n_best}, beam_size={self.beam_size}."
            )

    def of_model(self, config):
        """The same with the model's `max_length` where there was none.

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
