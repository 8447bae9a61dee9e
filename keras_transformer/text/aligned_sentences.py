"""Word alignments of texts that were translated sentence by sentence."""

import bisect
import re

from keras_transformer.text.sentences import split_language_token

_WORD = re.compile(r"\S+")


def align_sentences(align, texts, translations, sentence_pairs, is_one_token=lambda text: False):
    """Aligns the words of texts with those of their translations, which are joined translations of sentences.

    Args:
        align: a function from a list of `(source, target)` strings to the links of each, as `Translator.align`.
        texts, translations: a list of strings each.
        sentence_pairs: the `(sentence, translation)` strings of each text, see `Translator.translate`.
        is_one_token: see `split_language_token`. The language token of a text is put before its sentences, and has no
            links. Default: texts have none.

    Returns:
        For each text a list of links `(source word, target word)`, in ascending order.
    """
    tokens = [split_language_token(text, is_one_token)[0] for text in texts]
    links = iter(
        align(
            [
                (token + source, target)
                for token, pairs in zip(tokens, sentence_pairs, strict=True)
                for source, target in pairs
            ]
        )
    )
    found = []
    for text, translation, token, pairs in zip(texts, translations, tokens, sentence_pairs, strict=True):
        sides = [
            words_of_parts(whole, [pair[side] for pair in pairs]) for side, whole in enumerate((text, translation))
        ]
        links_of_text = {
            (source_words[source - bool(token)], target_words[target])
            for source_words, target_words in zip(*sides, strict=True)
            for source, target in next(links)
            if source >= bool(token)
        }
        found.append(sorted(links_of_text))
    return found


def words_of_parts(text, parts):
    """Returns the position in a text of each word of its parts.

    Args:
        text: a string.
        parts: strings that the text has in this order. A part can begin within a word, as in text without spaces.

    Returns:
        A list for each part with a position for each of its words.
    """
    starts = [match.start() for match in _WORD.finditer(text)]
    found, place = [], 0
    for part in parts:
        place = max(text.find(part, place), place)
        found.append([bisect.bisect_right(starts, place + match.start()) - 1 for match in _WORD.finditer(part)])
        place += len(part)
    return found
