import bisect
import re


def word_positions(pieces, text):
    """Returns the word of each token of a text.

    Args:
        pieces: the pieces of SentencePiece's proto of the text, with `begin` and `end` in bytes of UTF-8.
        text: the text. Its words are those of `text.split()`.

    Returns:
        A list with the position of a word for each piece, counted from 0. A piece of a space alone is of the next word.
    """
    # The first byte of each word, and the byte after it.
    starts, ends, length, end = [], [], 0, 0
    for match in re.finditer(r"\S+", text):
        length += len(text[end : match.start()].encode("utf-8"))
        starts.append(length)
        length += len(match.group().encode("utf-8"))
        ends.append(length)
        end = match.end()
    content, positions = text.encode("utf-8"), []
    for piece in pieces:
        surface = content[piece.begin : piece.end].decode("utf-8", errors="ignore")
        first = piece.begin + len(surface[: len(surface) - len(surface.lstrip())].encode("utf-8"))
        position = bisect.bisect_right(starts, first) - 1
        is_after = position < 0 or first >= ends[position]
        positions.append(min(position + is_after, len(starts) - 1))
    return positions
