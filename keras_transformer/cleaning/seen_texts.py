import array
import hashlib

_FIRST_SLOTS = 1 << 12
# The table grows by half before it is fuller than this.
_MOST_FILLED = 0.75
_GROWTH = 1.5


class SeenTexts:
    """A set of texts that keeps a hash of 64 bits of each text, 11 to 16 bytes per text.

    Two different texts have the same hash with a probability of 2 to the power of -64. Among a million texts, the
    probability of such a pair is 3e-8. During growth, the old and the new table are in memory.

    Example:

    >>> seen = SeenTexts()
    >>> seen.add("a"), seen.add("b"), seen.add("a")
    (True, True, False)
    """

    def __init__(self):
        self._slots = array.array("Q", bytes(8 * _FIRST_SLOTS))  # 0 is a free slot.
        self._count = 0

    def __len__(self):
        return self._count

    def add(self, text: str) -> bool:
        """Adds a text and returns whether it is new."""
        if self._count >= _MOST_FILLED * len(self._slots):
            self._grow()
        digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        is_new = _insert(self._slots, int.from_bytes(digest, "little") or 1)
        self._count += is_new
        return is_new

    def _grow(self):
        larger = array.array("Q", bytes(8 * int(len(self._slots) * _GROWTH)))
        for value in self._slots:
            if value:
                _insert(larger, value)
        self._slots = larger


def _insert(slots, value):
    """Inserts a hash by linear probing. Returns whether it is new."""
    size = len(slots)
    place = value % size
    while found := slots[place]:
        if found == value:
            return False
        place += 1
        if place == size:
            place = 0
    slots[place] = value
    return True
