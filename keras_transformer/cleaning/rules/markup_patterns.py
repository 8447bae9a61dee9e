"""Patterns of markup."""

import re

_TAGS = "a|b|i|u|p|br|em|hr|li|ol|ul|td|tr|div|img|sub|sup|font|span|small|strong|table|h[1-6]"
# The name of a tag, but not an address in angle brackets.
_TAG_NAME = r"(?!https?:|ftp:|www\.)[A-Za-z]"
# Words with two underscores on both sides that are no bold text: names of Python and C.
_CODE_NAMES = (
    "init|main|name|file|doc|all|dict|str|repr|len|call|new|del|class|version|iter|next|enter|exit|getitem|setitem"
    "|getattr|setattr|func|FILE|LINE|DATE|TIME"
)
# A time of a subtitle, also tokenised, with seconds and a fraction or hours.
_TIME = r"\d\s?:\s?\d{2}\s?(?::\s?\d{2}(?:\s?[.,]\s?\d{1,3})?|[.,]\s?\d{1,3})"
# A sign that each match has, its kind in words, and the pattern. The time of each is linear in the length of the text,
# also without a match: what is between two signs has at most 1,000 characters.
MARKUP = (
    (
        "<",
        "the tag",
        re.compile(rf"(?<!\w)</?{_TAG_NAME}[^<>@]*>|<!--|<!\[CDATA\[|<![A-Za-z]+[^<>]*>|<\?(?:xml|php|=)|<%"),
    ),
    # After a letter without attributes, as in "A dog<br>". "a<b and c>d" is no tag.
    ("<", "the tag", re.compile(rf"(?<=\w)</?{_TAG_NAME}[^<>@\s]*(?:\s[^<>@=]*=[^<>@]*|\s*/?)>")),
    ("]]>", "the tag", re.compile(r"\]\]>")),
    ("{%", "the template", re.compile(r"\{%-?\s")),
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
    ("[", "the code", re.compile(r"\[(?:h[1-6]|hr|br|td|tr|th|li|ul|ol|justify)\]", re.IGNORECASE)),
    ("[", "the Markdown", re.compile(r"\[\^\w{1,20}\]|^\s*[-*+]\s\[[ xX]\]\s")),
    ("[", "the wiki markup", re.compile(r"\[\[[^\]]{1,1000}\]\]|\[https?://\S{1,1000}\s[^\]]{1,1000}\]")),
    ("[", "the link", re.compile(r"\[[^\]]{1,1000}\]\(\s*[^)\s]{1,1000}\s*\)")),
    ("{", "the wiki markup", re.compile(r"\{\{[^}]{1,1000}\}\}|^\s*\{\{\s*[A-Za-z]")),
    # Tables of wikis and of Markdown.
    ("|", "the table", re.compile(r"^\s*(?:\{\||\|[-}+|]|\|.*\|)")),
    # Subtitles.
    ("{", "the code", re.compile(r"\{\\[a-z]+[0-9&H]*[^}]{0,1000}\}|\{[A-Za-z]:[^{}]{1,40}\}|^\{\d+\}\{\d+\}")),
    (">", "the subtitle time", re.compile(rf"{_TIME}\s*--\s?>\s*\d")),
    (
        ":",
        "the subtitle time",
        re.compile(r"\d(?::\d{2}){2}\.\d{2,3}\s?,\s?\d{1,2}(?::\d{2}){2}\.\d|^\[\d{1,2}:\d{2}[.:]\d{2,3}\]"),
    ),
    # Two apostrophes are also quotation marks.
    ("'''", "the wiki markup", re.compile(r"'''")),
    ("==", "the wiki markup", re.compile(r"^\s*={2,}[^=].*==\s*$")),
    # Masked words such as f**k are not bold.
    ("**", "the Markdown", re.compile(r"(?<![\w*])\*\*(?=[^\s*]).{1,1000}?(?<=[^\s*])\*\*(?![\w*])")),
    (
        "__",
        "the Markdown",
        re.compile(rf"(?<!\w)_{{2,3}}(?=[^\s_])(?!(?:{_CODE_NAMES})__).{{1,1000}}?(?<=[^\s_])_{{2,3}}(?!\w)"),
    ),
    ("```", "the Markdown", re.compile(r"(?<!`)```(?!`)")),
    ("`", "the Markdown", re.compile(r"(?<![\w`])`(?=[^`\s])[^`]*(?<=[^`\s])`(?![\w`])")),
    # Tokenised sentences can begin with a stray sign. "# of dogs" is the number of dogs.
    ("#", "the Markdown", re.compile(r"^\s{0,3}(?:#{2,6}\s+\S|#\s+(?!of\b)[^\W\d](?!.*\s\.\s*$))")),
    (
        "\\",
        "the LaTeX command",
        re.compile(
            r"\\[A-Za-z]{2,20}\*?\s?(?:\[[^\[\]]{0,100}\]\s?)?\{|\{\\rtf\d"
            r"|(?<![\w:\\/])\\(?:item|hline|noindent|newline|ldots|cdot|times|frac|alpha|beta)\b"
        ),
    ),
    ("$", "the LaTeX formula", re.compile(r"\$[^$\s]{0,60}[\\^_][^$\s]{0,60}\$")),
    # Lines of JSON, and strings with its escapes. Keys at the beginning of a line are names in lower case.
    (
        ":",
        "the JSON",
        re.compile(
            r"(?:^\s*\"[a-z_][\w$.-]{0,40}\"|[{\[,]\s*\"[^\"]{1,40}\"|\{\s*'\w{1,40}')\s*:"
            r"\s*(?:[\"'\[{]|(?:true|false|null)\b|-?\d[\d.]*\s*[,}\]])"
        ),
    ),
    ("\\", "the escape", re.compile(r"(?<=[\w\s.,;!?(])\\[\"']|(?<=[^\s\\/:])\\n(?=\W|[A-ZÀ-Þ]|$)(?![\w.-]*\\)")),
)
