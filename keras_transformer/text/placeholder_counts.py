import dataclasses


@dataclasses.dataclass
class PlaceholderCounts:
    """Counts of replaced parts of texts. Calls of `Translator.translate` add to them.

    Args:
        texts: number of texts with a replaced part.
        masked: number of replaced parts.
        dropped: number of parts whose symbol was missing in the translation. They were appended.
        extra: number of symbols that were removed, because the text does not have them so often.

    Example:

    >>> counts = kt.text.PlaceholderCounts()
    >>> translations = translator.translate(["나는 어제 카페에 갔다."], counts=counts)
    >>> counts.masked  # The model has no placeholders.
    0
    """

    texts: int = 0
    masked: int = 0
    dropped: int = 0
    extra: int = 0

    def __str__(self):
        return (
            f"{self.masked:,} placeholders in {self.texts:,} lines: {self.dropped:,} were missing in the translation "
            f"and appended to it, {self.extra:,} were repeated or invented by the model and removed"
        )
