"""Divides a text into lines, sentences and parts that a model can read, and joins their translations."""

import functools
import re
from typing import NamedTuple

from keras_transformer.errors import InputError
from keras_transformer.text.sentences import (
    may_be_several_sentences,
    sentence_joiner,
    split_language_token,
    split_sentences,
)

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
# Places to cut a sentence that is too long, best first.
_CUTS = (r"(?<=[.!?…؟۔।॥。！？])\s*", r"(?<=[;:,؛،，、；：])\s*", r"\s+", "")


class Piece(NamedTuple):
    """A part of a text that is translated alone.

    Args:
        before: white space, or the separator of sentences, before its translation.
        text: the part, or "" for white space alone.
        after: white space after its translation.
    """

    before: str
    text: str
    after: str


def text_pieces(text, source, target, max_length, count_tokens, is_one_token=lambda text: False):
    """Returns the `Piece` parts of a text in order.

    Args:
        text: a string.
        source, target: the language tags.
        max_length: greatest number of tokens of a part with its end token, or None if it is unknown.
        count_tokens: a function from strings to their numbers of tokens, or None.
        is_one_token: see `split_language_token`. A language token is put before all later parts. Default: texts have
            none.
    """
    pieces, token = [], ""
    for line in filter(None, _LINE.findall(text)):
        content = line.strip()
        if not content:
            pieces.append(Piece(line, "", ""))
            continue
        start = len(line) - len(line.lstrip())
        before, after = line[:start], line[start + len(content) :]
        found, content = split_language_token(content, is_one_token)
        token = found or token
        sentences = _sentences(content, source)
        if max_length is not None:
            sentences = _short_parts(sentences, max_length - 1 - bool(token), count_tokens)
        joiner = sentence_joiner(target)
        last = len(sentences) - 1
        pieces += [
            Piece(before if index == 0 else joiner, token + sentence, after if index == last else "")
            for index, sentence in enumerate(sentences)
        ]
    return pieces


def joined(pieces, translations):
    """Returns the translation of a text from those of its pieces."""
    parts = []
    for piece, translation in zip(pieces, translations, strict=True):
        parts += [piece.before, translation, piece.after]
    return "".join(parts)


def is_one_piece(text, max_length):
    """Returns whether a text is surely one piece: one line and one sentence that no model has to cut."""
    is_short = max_length is None or len(text.encode("utf-8", errors="replace")) < max_length
    return is_short and "\n" not in text and "\r" not in text and not may_be_several_sentences(text)


def _sentences(line, language):
    if not may_be_several_sentences(line) or not can_split(language):
        return [line]
    return split_sentences(line, language) or [line]


@functools.cache
def can_split(language):
    """Returns whether the package that splits sentences of a language is installed. It is an extra."""
    try:
        split_sentences("a.", language)
    except InputError:
        return False
    return True


def _short_parts(sentences, most, count_tokens):
    if all(len(sentence.encode("utf-8", errors="replace")) <= most for sentence in sentences):
        return sentences  # A token has at least one byte.
    counts = count_tokens(sentences)
    if counts is None:
        return sentences
    parts = []
    for sentence, count in zip(sentences, counts, strict=True):
        parts += [sentence] if count <= most else _cut(sentence, most, count_tokens, 0)
    return parts


def _cut(text, most, count_tokens, level):
    """Cuts a text at the best places into parts of at most `most` tokens, and joins short neighbours."""
    if level == len(_CUTS):
        return [text]
    atoms = [part for part in re.split(_CUTS[level], text) if part] if _CUTS[level] else list(text)
    if len(atoms) == 1:
        return _cut(text, most, count_tokens, level + 1)
    counts = count_tokens(atoms)
    parts, size, start, position = [], 0, 0, 0
    for atom, count in zip(atoms, counts, strict=True):
        found = text.index(atom, position)
        if size and size + count > most:
            parts.append((text[start:found].strip(), size))
            size, start = 0, found
        size += count
        position = found + len(atom)
    parts.append((text[start:].strip(), size))
    found = []
    for part, count in parts:
        found += [part] if count <= most else _cut(part, most, count_tokens, level + 1)
    return [part for part in found if part]
