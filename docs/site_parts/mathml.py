"""A Markdown extension that writes the formulas of `$…$` and `$$…$$` as MathML. Browsers draw it without a script."""

import re

from latex2mathml.converter import convert
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

# GitHub's rule: no space inside the signs, and no digit after them.
_INLINE = r"(?<![\\$])\$(?![\s$])((?:[^$\\]|\\.)+?)(?<!\s)\$(?![\d$])"
_BLOCK = re.compile(r"^( *)\$\$(.+?)\$\$ *$", re.MULTILINE | re.DOTALL)


def mathml(formula, display):
    """Returns the MathML of a formula in LaTeX.

    Raises:
        ValueError: the converter does not support a part of the formula.
    """
    result = convert(formula.strip(), display=display)
    if "\\" in result or re.search(r">&<", result):
        raise ValueError(f"Expected a formula that latex2mathml supports. Received: {formula.strip()!r}.")
    return result


class _BlockFormulas(Preprocessor):
    def run(self, lines):
        def stored(found):
            html = f'<div class="formula">{mathml(found[2], "block")}</div>'
            return f"{found[1]}\n\n{found[1]}{self.md.htmlStash.store(html)}\n\n"

        return _BLOCK.sub(stored, "\n".join(lines)).split("\n")


class _InlineFormulas(InlineProcessor):
    def handleMatch(self, found, data):
        return self.md.htmlStash.store(mathml(found[1], "inline")), *found.span()


class MathML(Extension):
    """Formulas as MathML."""

    def extendMarkdown(self, md):
        # After the fenced blocks (25) and before the blocks of HTML (20).
        md.preprocessors.register(_BlockFormulas(md), "block_formulas", 22)
        # After inline code (190) and before escapes (180).
        md.inlinePatterns.register(_InlineFormulas(_INLINE, md), "inline_formulas", 185)


def makeExtension(**settings):
    """The name by which Markdown finds the extension of a module."""
    return MathML(**settings)
