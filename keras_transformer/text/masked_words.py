"""The original words of each word of a masked text."""

import bisect
import re

from keras_transformer.text.placeholder_kinds import SYMBOL_PATTERN

_SYMBOL = re.compile(SYMBOL_PATTERN)
_WORD = re.compile(r"\S+")


def masked_words(placeholders, texts, masked):
    """Returns the original words of each word of each masked text.

    Args:
        placeholders: the `Placeholders`.
        texts: a list of strings.
        masked: the strings of one side of `Placeholders.mask_pairs` of these texts.

    Returns:
        A list for each text of `(first word, number of words)`, one for each word of the masked text.
    """
    pieces = placeholders.pieces(texts)
    return [_words(*each, placeholders.symbols) for each in zip(pieces, masked, strict=True)]


def equal_symbols(source, target):
    """Returns the source word of each target word with a symbol that both have, a dictionary of word positions.

    Equal symbols stand for equal parts of the text. The first one of the target belongs to the first one of the source,
    and so on.

    Args:
        source, target: masked texts.
    """
    places = {}
    for position, word in enumerate(source.split()):
        for symbol in _SYMBOL.findall(word):
            places.setdefault(symbol, []).append(position)
    found = {}
    for position, word in enumerate(target.split()):
        for symbol in _SYMBOL.findall(word):
            if places.get(symbol):
                found.setdefault(position, places[symbol].pop(0))
    return found


def restored_links(links, source_words, target_words):
    """Returns links of the words of two texts, given those of the masked texts.

    A symbol can stand for several words. These are linked one after the other.

    Args:
        links: pairs of a source word and a target word.
        source_words, target_words: the result of `masked_words` for the text of each side.
    """
    found = set()
    for source, target in links:
        (first, count), (first_target, target_count) = source_words[source], target_words[target]
        found.update((first + min(index, count - 1), first_target + index) for index in range(target_count))
    return sorted(found)


def _words(pieces, masked, symbols):
    spans = _spans(pieces, masked, symbols)
    words = [match.span() for match in _WORD.finditer("".join(piece for piece, _ in pieces))]
    starts, ends = [start for start, _ in words], [end for _, end in words]
    found = []
    for match in _WORD.finditer(masked):
        begin, end = spans[match.start()][0], spans[match.end() - 1][1]
        first = bisect.bisect_right(ends, begin)
        found.append((first, bisect.bisect_left(starts, end) - first))
    return found


def _spans(pieces, masked, symbols):
    """Returns the place in the text, begin and end, of each character of the masked text."""
    spans, start = [], 0
    for piece, is_part in pieces:
        end = start + len(piece)
        symbol = _SYMBOL.match(masked, len(spans)) if is_part else None
        if symbol and symbol[0] in symbols:
            spans += [(start, end)] * len(symbol[0])
        elif masked.startswith(piece, len(spans)):
            spans += [(place, place + 1) for place in range(start, end)]
        else:  # Symbols that are written in the text have lost their brackets.
            spans += [(start, end)] * (len(piece) - 2 * len(_SYMBOL.findall(piece)))
        start = end
    return spans
