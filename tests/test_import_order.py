"""Imports between the folders of the library follow the data flow, as CONTRIBUTING.md describes."""

import ast
import pathlib

import pytest

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
BASE = "errors special_tokens version onednn position_encodings moved_modules"
CHAIN = (
    *("processes", "files", "text", "data", "layers", "models", "generation", "saving", "importing", "export"),
    *("translator", "callbacks", "recipes", "trainer", "serving", "cli"),
)
# Folders beside the chain, and the parts of the library that they import.
OTHERS = {
    **dict.fromkeys(("corpora", "losses", "metrics", "optimizers", "schedules"), "losses processes files"),
    "plots": "text data generation",
    "explanation": "processes files text data layers models generation",
    "cleaning": "processes files text data",
    "corpus_translation": "processes files text data layers models generation saving importing export translator",
}
ONLY_OF_CLI = ("explanation", "cleaning", "corpus_translation")


def allowed_for(part):
    """The parts of the library that a part may import."""
    if part in OTHERS:
        return {part, *BASE.split(), *OTHERS[part].split()}
    others = OTHERS if part == "cli" else [other for other in OTHERS if other not in ONLY_OF_CLI]
    return {part, *BASE.split(), *CHAIN[: CHAIN.index(part)], *others}


def imported_parts(path):
    """The parts that a module imports, also within functions, except for type hints."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hints = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    for_hints = {id(inner) for node in hints for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in for_hints:
            package, *rest = node.module.split(".")
            if package == PACKAGE.name:
                yield from rest[:1] or [alias.name for alias in node.names]


@pytest.mark.parametrize("part", [*CHAIN, *OTHERS])
def test_a_part_imports_only_parts_before_it(part):
    folder = PACKAGE / part
    modules = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    allowed = allowed_for(part)
    found = [(str(path.relative_to(PACKAGE)), other) for path in modules for other in imported_parts(path)]
    assert [(path, other) for path, other in found if other not in allowed] == []


def test_every_folder_has_a_place():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == {part for part in (*CHAIN, *OTHERS) if (PACKAGE / part).is_dir()}
