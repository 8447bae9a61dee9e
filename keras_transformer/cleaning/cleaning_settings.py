import dataclasses
from collections.abc import Sequence

from keras_transformer.cleaning.rule_registry import RULES
from keras_transformer.errors import InputError
from keras_transformer.text.languages import set_canonical_languages


@dataclasses.dataclass(frozen=True)
class CleaningSettings:
    """Settings of the rules.

    Args:
        source_language: language tag of the source, such as "ko" or "sr-Latn" (BCP 47). Default None: detected from the
            first 10,000 pairs, or the first 64 million characters.
        target_language: language tag of the target. Default None: detected from these pairs.
        without: names of rules that are not applied. Default: none.
        max_length_ratio: largest factor by which the ratio of the lengths of a pair can differ from that of the corpus.
            Default 2.0.
        unique_source: whether to keep only the first pair of each source text. Default False.
        unique_target: whether to keep only the first pair of each target text. Default False.

    Raises:
        InputError: a rule is unknown, a language is not a BCP 47 tag, or the ratio is not above 1.

    Example:

    >>> settings = kt.cleaning.CleaningSettings("ko", "en", without=["markup"], unique_target=True)
    >>> settings.source_language
    'ko'
    """

    source_language: str | None = None
    target_language: str | None = None
    without: Sequence[str] = ()
    max_length_ratio: float = 2.0
    unique_source: bool = False
    unique_target: bool = False

    def __post_init__(self):
        try:
            set_canonical_languages(self)
        except ValueError as error:
            raise InputError(str(error)) from None
        if isinstance(self.without, str):
            raise InputError(f"`without` must be a list of names of rules. Received: {self.without!r}.")
        for rule in self.without:
            if rule not in RULES:
                raise InputError(f"`without`: expected one of {', '.join(RULES)}. Received: {rule!r}.")
        if not self.max_length_ratio > 1:
            raise InputError(f"`max_length_ratio` must be above 1. Received: {self.max_length_ratio!r}.")

    @property
    def languages(self) -> tuple[str | None, str | None]:
        """The languages of source and target."""
        return self.source_language, self.target_language
