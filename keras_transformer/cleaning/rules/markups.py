import html
import re

from keras_transformer.cleaning.rules.applied_rule import of_both_sides
from keras_transformer.cleaning.rules.markup_patterns import MARKUP

_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
# The escapes of Moses's tokenizer. Tokenised text has them as separate tokens.
_ESCAPES = frozenset(("&amp;", "&apos;", "&quot;", "&lt;", "&gt;", "&#124;", "&#91;", "&#93;"))
_SIGNS = frozenset(sign[0] for sign, _, _ in MARKUP)


def markup(settings, facts):
    """Drops pairs with tags, HTML entities, BBCode, subtitle codes, wiki markup, Markdown, LaTeX or JSON.

    In tokenised text, tokens such as `&apos;` are kept, because Moses's tokenizer writes quotation marks in this way.
    """
    checks = [_check_of(tokenised) for tokenised in facts.tokenised]
    return of_both_sides(*checks)


def _check_of(tokenised):
    return lambda text: _check(text, tokenised)


def _check(text, tokenised):
    if _SIGNS.isdisjoint(text):
        return None
    entities = [match for match in _ENTITY.finditer(text) if html.unescape(match[0]) != match[0]]
    if entities and not (tokenised and _are_tokens(text, entities)):
        return f"has the entity {entities[0][0]}"
    plain = html.unescape(text) if entities else text
    for sign, kind, pattern in MARKUP:
        if sign in plain and (found := pattern.search(plain)):
            return f"has {kind} {found[0][:40]}"
    return None


def _are_tokens(text, entities):
    """Returns whether all entities are tokens of Moses's tokenizer."""
    return all(
        entity[0] in _ESCAPES
        and (
            entity.start() == 0
            or entity.end() == len(text)
            or text[entity.start() - 1] == " "
            or text[entity.end()] == " "
        )
        for entity in entities
    )
