"""The examples in the docstrings of the package."""

import ast
import dataclasses
import importlib
import pathlib
import re

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
_EXAMPLE = re.compile(r"^Examples?:$(.*?)(?=^[A-Z][A-Za-z ]*:$|\Z)", re.MULTILINE | re.DOTALL)
_NOT_RUN = "# not run here: "
_PROMPT = ">>> "


@dataclasses.dataclass(frozen=True)
class DocstringExample:
    """One `Example:` of a docstring.

    Attributes:
        module: name of the module.
        name: name of the class, function or method in it; "" for the docstring of the module.
        text: the lines below `Example:`.
        path: path of the file.
        line: number of the line with the definition.
    """

    module: str
    name: str
    text: str
    path: pathlib.Path
    line: int

    def __str__(self):
        return f"{self.module.removeprefix('keras_transformer.')}.{self.name}"

    @property
    def is_public(self):
        return not any(part.startswith("_") for part in (*self.module.split("."), *self.name.split(".")))

    @property
    def is_run(self):
        return _NOT_RUN not in self.text

    @property
    def has_code(self):
        return _PROMPT in self.text

    def documented_object(self):
        """Returns the documented object."""
        found = importlib.import_module(self.module)
        for part in filter(None, self.name.split(".")):
            found = getattr(found, part)
        return found


def docstring_examples():
    """All examples, by file and line."""
    return [example for path in sorted(PACKAGE.rglob("*.py")) for example in _examples_of(path)]


def docstrings_with_code():
    """Modules and names of all docstrings with a Python prompt."""
    return {
        (module, name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for module, name, _, text in _docstrings(path)
        if _PROMPT in text
    }


def _examples_of(path):
    for module, name, line, text in _docstrings(path):
        for section in _EXAMPLE.findall(text):
            yield DocstringExample(module, name, section, path, line)


def _docstrings(path):
    """Module, name, line and cleaned text of each docstring of a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    yield from _docstrings_of(ast.parse(path.read_text(encoding="utf-8")), module, "")


def _docstrings_of(node, module, name):
    text = ast.get_docstring(node)
    if text:
        yield module, name, getattr(node, "lineno", 1), text
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings_of(child, module, f"{name}.{child.name}".lstrip("."))
