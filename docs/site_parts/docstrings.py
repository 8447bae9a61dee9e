"""An extension of Griffe, which reads the docstrings: all sections of Keras's docstrings become its sections."""

import re
import textwrap

from griffe import Extension

# Keras writes an example below a blank line and without indentation, up to the next section.
_EXAMPLE = re.compile(r"^Example:\n\n(?=\S)(.*?)(?=^[A-Z][A-Za-z ]*:\n|\Z)", re.MULTILINE | re.DOTALL)
# Griffe's name of a section, and its title on the page.
_RENAMED = {"Example:": "Examples: Example", "Call arguments:": "Args: Call arguments"}


def with_sections(docstring):
    """Returns a docstring with indented examples and with Griffe's names of sections."""
    indented = _EXAMPLE.sub(lambda found: f"Example:\n{textwrap.indent(found[1], '    ')}", docstring)
    return re.sub(r"^.+:$", lambda line: _RENAMED.get(line[0], line[0]), indented, flags=re.MULTILINE)


class KerasSections(Extension):
    """Reads the docstrings of all objects."""

    def on_object(self, *, obj, **settings):
        if obj.docstring:
            obj.docstring.value = with_sections(obj.docstring.value)
