"""The pages of the API: one for each public subpackage, with all its public names."""

import ast

_MODULE = """\
::: {name}
    options:
      show_root_heading: false
      show_root_toc_entry: false
      members: false
"""
# A class whose methods are in several files.
_TRANSLATOR = """\
::: keras_transformer.Translator
    options:
      inherited_members: true
      show_bases: false
      show_overloads: false
"""


def api_pages(root):
    """Returns the Markdown of each page of the API by its path, read from the sources without an import.

    Args:
        root: folder of the repository.
    """
    package = root / "keras_transformer"
    names = public_names(package / "__init__.pyi")
    # Without regard to case, the folder `translator` has the name of the class.
    modules = [name for name in names if name.islower() and (package / name / "__init__.py").exists()]
    pages = {"api/index.md": _index(package, modules, [name for name in names if name not in modules])}
    for module in modules:
        pages[f"api/{module}.md"] = _page(package / module, f"keras_transformer.{module}")
    return pages


def public_names(file):
    """Returns the names in `__all__` of a file; those of a module without `__all__` are its public definitions."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__":
            return ast.literal_eval(node.value)
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in body if isinstance(node, kinds) and not node.name.startswith("_")]


def _names_of_package(folder):
    """Returns the public names of a package, those of its stub if its names are imported at their first use."""
    stub = folder / "__init__.pyi"
    return public_names(stub if stub.exists() else folder / "__init__.py")


def _index(package, modules, names):
    lines = ["# API", "", "`import keras_transformer as kt`. Each name below and in the subpackages is public.", ""]
    lines += ["| subpackage | content |", "|---|---|"]
    for module in modules:
        text = ast.get_docstring(ast.parse((package / module / "__init__.py").read_text(encoding="utf-8"))) or ""
        lines.append(f"| [`kt.{module}`]({module}.md) | {text.split(chr(10))[0]} |")
    for name in names:
        if not name.startswith("_"):
            lines += ["", _TRANSLATOR if name == "Translator" else f"::: keras_transformer.{name}\n"]
    return "\n".join(lines)


def _page(folder, name):
    lines = [f"# {_short(name)}", "", _MODULE.format(name=name)]
    for member in _names_of_package(folder) or _modules(folder):
        if (folder / member).is_dir():
            lines += [f"## {_short(name)}.{member}", "", _MODULE.format(name=f"{name}.{member}")]
            lines += [f"::: {name}.{member}.{each}\n" for each in _names_of_package(folder / member)]
        else:
            lines.append(f"::: {name}.{member}\n")
    return "\n".join(lines)


def _short(name):
    return name.replace("keras_transformer", "kt", 1)


def _modules(folder):
    """Returns the public packages in a folder."""
    return [path.parent.name for path in sorted(folder.glob("*/__init__.py")) if not path.parent.name.startswith("_")]
