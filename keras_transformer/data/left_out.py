import dataclasses


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """How many sentence pairs are in no batch, and why.

    Args:
        pairs: number of all pairs.
        blank: number of those with a blank side.
        too_long: number of those without one that have more than `max_length` tokens on either side.
        max_length: the limit, start or end token counted.
        is_whole: whether all of the text was counted, not only its first part. Default True.

    Example:

    >>> str(LeftOut(300, 90, 6, 64))
    "96 of 300 pairs left out: 90 blank, 6 longer than 64 tokens"
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
        text = f"{number:,} of {'' if self.is_whole else 'the first '}{self.pairs:,} pairs left out"
        return f"{text}: {', '.join(reasons)}" if reasons else text

    @property
    def is_most(self):
        """Whether more pairs are left out than are kept."""
        return 2 * (self.blank + self.too_long) > self.pairs
