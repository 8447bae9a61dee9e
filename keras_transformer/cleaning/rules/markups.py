import html
import re

from keras_transformer.cleaning.rules.applied_rule import of_both_sides

_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
# The escapes of Moses's tokenizer. Tokenised text has them as separate tokens.
_ESCAPES = frozenset(("&amp;", "&apos;", "&quot;", "&lt;", "&gt;", "&#124;", "&#91;", "&#93;"))
_TAGS = "a|b|i|u|p|br|em|hr|li|ol|ul|td|tr|div|img|sub|sup|font|span|small|strong|table|h[1-6]"
# A sign that each match has, its kind in words, and the pattern. The time of each is linear in the length of the text,
# also without a match: what is between two signs has at most 1,000 characters.
_MARKUP = (
    ("<", "the tag", re.compile(r"</?[A-Za-z][^<>@]*>|<!--|<!\[CDATA\[|<![A-Za-z]+[^<>]*>|<\?(?:xml|php|=)")),
    # With spaces, as in tokenised text. "a < b and c > d" is no tag.
    (
        "<",
        "the tag",
        re.compile(rf"<\s*(?:/\s*)?(?:{_TAGS})\s*(?:/\s*|(?<=\s)[\w:-]+\s*=[^<>]{{0,400}})?>", re.IGNORECASE),
    ),
    ("<", "the cut tag", re.compile(r"</?(?:br|div|font|img|li|script|span|strong|style|table|td|tr|ul)\b[^<>]*$")),
    ("<", "the cut tag", re.compile(r"<\s*a\s+(?:href|name|class|id|rel|target|title)\b[^<>]*$")),
    ("<", "the cut tag", re.compile(r"<\s*[A-Za-z]\w*\s+[\w:-]+\s*=\s*[\"'][^<>]*$")),
    ("<", "the wiki markup", re.compile(r"<ref\b")),
    # Without a semicolon, or with spaces, as in tokenised text.
    (
        "&",
        "the entity",
        re.compile(r"&(?:nbsp|amp|quot|apos|lt|gt|#[0-9]{2,5})(?![\w;])|& ?(?:nbsp|quot|apos|lt|gt) ?;"),
    ),
    ("[", "the code", re.compile(r"\[/?[bius]\]|\[\s*/\s*[a-z][a-z0-9]{0,15}\s*\]|\[\*\]", re.IGNORECASE)),
    (
        "[",
        "the code",
        re.compile(
            r"\[\s*(?:url|img|quote|code|color|size|font|center|list|spoiler|youtube|strike)\s*(?:=[^\]]{0,1000})?\]"
            r"|\[\s*(?:align|email|table|user|video)\s*=[^\]]{0,1000}\]",
            re.IGNORECASE,
        ),
    ),
    ("[", "the wiki markup", re.compile(r"\[\[[^\]]{1,1000}\]\]|\[https?://\S{1,1000}\s[^\]]{1,1000}\]")),
    ("[", "the link", re.compile(r"\[[^\]]{1,1000}\]\(\s*[^)\s]{1,1000}\s*\)")),
    ("{", "the wiki markup", re.compile(r"\{\{[^}]{1,1000}\}\}")),
    # Subtitles.
    ("{", "the code", re.compile(r"\{\\[a-z]+[0-9&H]*[^}]{0,1000}\}|\{[A-Za-z]:[^{}]{1,40}\}|^\{\d+\}\{\d+\}")),
    ("-->", "the subtitle time", re.compile(r"\d{1,2}:\d{2}(?::\d{2})?[.,]\d{1,3}\s*-->")),
    # Two apostrophes are also quotation marks.
    ("'''", "the wiki markup", re.compile(r"'''")),
    ("==", "the wiki markup", re.compile(r"^\s*={2,}[^=].*==\s*$")),
    # Masked words such as f**k are not bold.
    ("**", "the Markdown", re.compile(r"(?<![\w*])\*\*(?=[^\s*]).{1,1000}?(?<=[^\s*])\*\*(?![\w*])")),
    ("__", "the Markdown", re.compile(r"(?<!\w)__(?=[^\s_]).{1,1000}?(?<=[^\s_])__(?!\w)")),
    ("```", "the Markdown", re.compile(r"(?<!`)```(?!`)")),
    ("`", "the Markdown", re.compile(r"(?<![\w`])`(?=[^`\s])[^`]*(?<=[^`\s])`(?![\w`])")),
    ("#", "the Markdown", re.compile(r"^#{2,6}\s+\S|^#\s+[^\W\d](?!.*\.\s*$)")),
    ("\\", "the LaTeX command", re.compile(r"\\[A-Za-z]{2,20}\*?\s?\{")),
)
_SIGNS = frozenset("<&[{'=*`#_>\\")


def markup(settings, facts):
    """Drops pairs with tags, HTML entities, BBCode, subtitle codes, wiki markup or Markdown.

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
    for sign, kind, pattern in _MARKUP:
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
