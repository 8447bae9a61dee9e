import dataclasses


@dataclasses.dataclass(frozen=True)
class DroppedPairs:
    """Numbers of dropped sentence pairs by reason.

    Args:
        pairs: number of all pairs.
        blank: number of pairs with a blank side.
        too_long: number of pairs without a blank side that have more than `max_length` tokens on either side.
        max_length: the limit, including the start or end token.
        is_whole: whether all of the text was counted, not only its beginning. Default True.

    Example:

    >>> str(kt.data.DroppedPairs(pairs=300, blank=90, too_long=6, max_length=64))
    '96 of 300 pairs dropped: 90 blank, 6 longer than 64 tokens'
    """

    pairs: int
    blank: int
    too_long: int
    max_length: int
    is_whole: bool = True

    def __str__(self):
        number = self.blank + self.too_long
        reasons = [
            f"{count:,} {why}"
            for count, why in ((self.blank, "blank"), (self.too_long, f"longer than {self.max_length:,} tokens"))
            if count
        ]
        text = f"{number:,} of {'' if self.is_whole else 'the first '}{self.pairs:,} pairs dropped"
        return f"{text}: {', '.join(reasons)}" if reasons else text

    @property
    def is_most(self) -> bool:
        """Whether more pairs were dropped than kept."""
        return 2 * (self.blank + self.too_long) > self.pairs
