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
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f'"{value}"' for value in typing.get_args(annotation))
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return _type_name(next(kind for kind in typing.get_args(annotation) if kind is not types.NoneType))
    if typing.get_origin(annotation) is list:
        return "list of texts"
    return {"str": "text", "bool": "true, false", "int": "whole number", "float": "number"}[annotation.__name__]


def _default(value):
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"
