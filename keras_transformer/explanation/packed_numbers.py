"""Packs matrices into few bytes: numbers rounded to decimals, and pictures of wide matrices."""

import base64
import math
import zlib

import numpy as np

# A matrix of more columns is a picture, with the numbers of its first columns.
WIDEST = 64
FIRST_COLUMNS = 8
# A picture has at most so many columns. Of a wider matrix it has every second, third and so on.
_PICTURE_COLUMNS = 512
# Greatest integer of a number, and number of shades of each sign in a picture.
_GREATEST = 32_767
PRECISIONS = ((_GREATEST, 127), (3_276, 31), (3_276, 7), (327, 7))
_LARGEST = 9_200_000  # Characters of all numbers, for a page below 10 MB.


def packed_numbers(matrices, largest=_LARGEST):
    """Returns where each matrix is in the packed bytes, and the bytes.

    The precision is the greatest of `PRECISIONS` whose text is at most `largest` long, otherwise the least.

    Args:
        matrices: a dictionary from a name to a NumPy array whose last two axes are rows and columns.
        largest: maximum number of characters of the text. Default: of a page below 10 MB.

    Returns:
        A dictionary from the name to an entry, and text: base64 of zlib's format. An entry has `shape` and

        - `at` and `decimals`: the matrix times 10^decimals as int16, first all low bytes, then all high bytes;
        - for a wide matrix, the same of its first columns, and `picture`, `step`, `power` and `unit`: every `step`-th
          column as int8, see `_shaded`.
    """
    for precision in PRECISIONS:
        entries, content = _packed(matrices, *precision)
        text = base64.b64encode(zlib.compress(content)).decode("ascii")
        if len(text) <= largest:
            break
    return entries, text


def _packed(matrices, greatest, shades):
    content, places = bytearray(), {}

    def place(numbers):
        """Appends bytes, unless they exist already, and returns where they are."""
        if numbers not in places:
            places[numbers] = len(content)
            content.extend(numbers)
        return places[numbers]

    entries = {}
    for name, matrix in matrices.items():
        is_wide = matrix.shape[-1] > WIDEST
        # The first columns of a wide matrix take few bytes.
        decimals, integers = rounded(matrix[..., :FIRST_COLUMNS], _GREATEST) if is_wide else rounded(matrix, greatest)
        planes = integers.astype("<i2").reshape(-1).view("uint8").reshape(-1, 2).T
        entries[name] = {"shape": list(matrix.shape), "decimals": decimals, "at": place(planes.tobytes())}
        if is_wide:
            step = math.ceil(matrix.shape[-1] / _PICTURE_COLUMNS)
            picture, power, unit = _shaded(matrix[..., ::step], shades)
            entries[name] |= {"picture": place(picture.tobytes()), "step": step, "power": power, "unit": unit}
    return entries, bytes(content)


def _shaded(matrix, shades):
    """Returns integers from -`shades` to `shades`, and a power and a unit. A number is about integer^power * unit.

    The power is 2 if most numbers are small, such as attention scores. Otherwise all of them would have the same shade.
    """
    sizes = np.abs(matrix).astype("float64")  # The sum of a mask overflows in float32.
    largest = float(sizes.max()) or 1.0
    power = 2 if sizes.mean() < largest / 20 else 1
    unit = largest / shades**power
    return (np.sign(matrix) * np.rint((sizes / unit) ** (1 / power))).astype("int8"), power, unit


def rounded(matrix, greatest):
    """Returns a number of decimals and the matrix times 10^decimals, rounded to integers of at most `greatest`."""
    largest = float(np.abs(matrix).max(initial=0.0))
    decimals = math.floor(math.log10(greatest / largest)) if largest else 0
    return decimals, np.rint(matrix.astype("float64") * 10.0**decimals).astype("int32")
