import types
import typing

from keras_transformer.recipes.recipe import Recipe


def describe_keys() -> str:
    """Returns a Markdown table of all recipe keys with type, default and meaning.

    `docs/recipes.md` is this text; a test compares the two.

    Example:

    >>> "batch_tokens" in kt.recipes.describe_keys()
    True
    """
    lines = [
        "# The keys of a recipe",
        "",
        "A recipe is a TOML file or a bundled recipe (`keras-transformer recipes`). File names in it are relative to "
        "its folder, or to `data` in the current folder for a bundled recipe. `--data FOLDER` names another folder. "
        "`--set SECTION.KEY=VALUE` sets a key from the command line. A file name given there is relative to the "
        "current folder.",
    ]
    for section, field in Recipe.model_fields.items():
        model = field.annotation
        lines += ["", f"## [{section}]", "", " ".join(model.__doc__.partition(": ")[2].split()), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | {_type_name(key.annotation)} | {_default(key.default)} | {key.description} |"
            for name, key in model.model_fields.items()
        ]
    return "\n".join(lines) + "\n"


def _type_name(annotation):
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(parts[0])
    if origin is typing.Literal:
        return ", ".join(f'"{value}"' for value in parts)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_type_name(kind) for kind in parts if kind is not types.NoneType)
    if origin is list:
        name = _type_name(parts[0])
        return f"list of {name}" if name.startswith('"') else f"list of {name}s"
    return {"str": "text", "bool": "true, false", "int": "whole number", "float": "number"}[annotation.__name__]


def _default(value):
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"
