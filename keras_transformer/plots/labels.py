"""Labels and titles of pictures: which labels fit upright, and text broken into lines."""

import unicodedata


def is_wide(text):
    """Returns whether a text has Hangul, Chinese characters or kana, which can be written from top to bottom."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


def stacked(text):
    """Returns a text with one character a line."""
    lines = []
    for character in text:
        if lines and unicodedata.combining(character):
            lines[-1] += character
        else:
            lines.append(character)
    return "\n".join(lines)


def text_widths(figure, texts, **style):
    """Returns the widths of texts in inches, as matplotlib draws them."""
    widths = []
    for text in texts:
        drawn = figure.text(0, 0, text, **style)
        widths.append(drawn.get_window_extent().width / figure.dpi)
        drawn.remove()
    return widths


def broken_lines(text, width, most_lines=3):
    """Breaks a text into lines at spaces, or within a word that is longer than a line.

    Args:
        text: a text. Spaces and line feeds are one space.
        width: width of a line in units of a letter. Hangul and other wide characters count as two.
        most_lines: number of lines after which the text ends with an ellipsis.

    Returns:
        The lines, joined by line feeds.
    """
    lines, line = [], ""
    for word in text.split():
        while word:
            room = width - _units(line) - (1 if line else 0)
            if _units(word) <= room:
                line, word = f"{line} {word}" if line else word, ""
            elif line:
                lines, line = [*lines, line], ""
            else:
                head = _head(word, width)
                lines, word = [*lines, head], word[len(head) :]
    lines = [*lines, line] if line else lines
    if len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], _head(lines[most_lines - 1], width - 1) + "…"]
    return "\n".join(lines)


def _units(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _head(word, width):
    """Returns the first characters of a word that fit into a line, at least one."""
    end = len(word)
    while end > 1 and _units(word[:end]) > width:
        end -= 1
    return word[:end]
