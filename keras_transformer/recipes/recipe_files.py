import difflib
import functools
import os
import pathlib
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic
import tomli_w

from keras_transformer.errors import InputError, short_repr, shortened
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_text
from keras_transformer.recipes.bundled_recipes import find_recipe
from keras_transformer.recipes.key_synonyms import advice_by_meaning
from keras_transformer.recipes.recipe import Recipe
from keras_transformer.recipes.toml_errors import explain_toml_error

_MOST_BYTES = 2**20
FILE_KEYS = {
    "data": (
        "train_source",
        "train_target",
        "validation_source",
        "validation_target",
        "train_pairs",
        "validation_pairs",
        "train_alignments",
        "glossary",
    ),
    "vocabulary": ("file", "source_file", "target_file"),
    "training": ("init_from",),
}


# Folder of the text of bundled recipes, relative to the current folder.
DATA_FOLDER = "data"


def load_recipe(
    path: str | os.PathLike, overrides: Sequence[str] = (), data_folder: str | os.PathLike | None = None
) -> Recipe:
    """Reads and checks a recipe.

    Args:
        path: path of the TOML file, or the name of a bundled recipe (`bundled_recipes`). A file takes precedence.
        overrides: strings "section.key=value", as in `--set`. A value that is not valid TOML is text.
        data_folder: folder that file names in the recipe are relative to. Default: the folder of the file, or "data" in
            the current folder for a bundled recipe.

    Returns:
        A `Recipe` with absolute file names.

    Raises:
        InputError: the file is missing or not TOML, a key is unknown (the message has the most similar key), or a value
            has a wrong type or is out of range.

    Example:

    >>> recipe = kt.recipes.load_recipe("phrases", overrides=["training.epochs=2"])
    >>> recipe.training.epochs
    2
    """
    path, is_bundled = find_recipe(path)
    if data_folder is None:
        data_folder = DATA_FOLDER if is_bundled else path.parent
    try:
        text = read_small_file(path, _MOST_BYTES, is_regular=False).decode("utf-8-sig")
        sections = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {explain_toml_error(text, error)}.") from None
    except ValueError:
        raise InputError(f"{path}: a number has too many digits.") from None
    except RecursionError:
        raise InputError(f"{path}: the values are nested too deeply.") from None
    current = pathlib.Path.cwd()
    _resolve_files(sections, pathlib.Path(data_folder), current if is_bundled else path.parent)
    given_here = {}
    for override in overrides:
        _set(given_here, override)
    _resolve_files(given_here, current, current)
    for section, keys in given_here.items():
        before = sections.get(section, {})
        if isinstance(before, dict):
            sections[section] = {**_without_alternatives(before, keys), **keys}
    return recipe_from_dict(sections, path)


def recipe_from_dict(sections: Mapping[str, Any], name: str | os.PathLike = "recipe") -> Recipe:
    """Creates a recipe from its sections.

    Args:
        sections: mapping of section names to mappings from keys to values. File names are used as they are.
        name: beginning of error messages. Default "recipe".

    Returns:
        A `Recipe`.

    Raises:
        InputError: as for `load_recipe`.

    Example:

    >>> kt.recipes.recipe_from_dict({"data": {"corpus": "phrases"}}).data.max_length
    256
    """
    _check_keys(sections, name)
    try:
        return Recipe(**sections)
    except pydantic.ValidationError as error:
        raise InputError(f"{name}: {_first_error(error)}") from None


def save_recipe(recipe: Recipe, path: str | os.PathLike) -> None:
    """Writes a recipe as TOML, with the defaults of its preset and of this machine.

    Keys without a value are omitted, because TOML has no null.

    Args:
        recipe: the `Recipe`.
        path: the file. An existing file is replaced.

    Example:

    >>> kt.recipes.save_recipe(kt.recipes.load_recipe("phrases"), "my.toml")
    """
    write_text(path, tomli_w.dumps(recipe.as_run()))


def _set(sections, override):
    key, equals, value = override.partition("=")
    section, dot, name = key.strip().partition(".")
    if not (equals and section and dot and name):
        raise InputError(f"--set expects SECTION.KEY=VALUE, such as training.epochs=5. Received: {shortened(override)}")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        parsed = value.strip()
    except ValueError:
        raise InputError(f"--set {key.strip()}: the number has too many digits.") from None
    sections.setdefault(section, {})[name] = parsed


def _without_alternatives(keys, given_here):
    """Returns `keys` without those that a key of the command line replaces."""
    pairs = [("steps", "epochs"), ("patience", "stop_after"), ("optimizer_steps_per_epoch", "steps_per_epoch")]
    alternatives = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
    dropped = {alternatives[key] for key in given_here if key in alternatives}
    return {key: value for key, value in keys.items() if key not in dropped}


def _resolve_files(sections, data_folder, model_folder):
    """Makes file names absolute. Those of text and vocabularies are relative to another folder than those of models."""
    for section, names in FILE_KEYS.items():
        keys = sections.get(section)
        folder = model_folder if section == "training" else data_folder
        for name in names:
            if isinstance(keys, dict) and name in keys:
                keys[name] = _each_file(keys[name], functools.partial(_resolved, folder))


def _resolved(folder, file):
    path = folder / file
    # Links are not resolved, because the name of their target can be meaningless.
    return str(path.parent.resolve() / path.name)


def _each_file(value, change):
    """Returns a value of a key with each file name changed. It is a file name, a list of them, or a wrong value."""
    if isinstance(value, str):
        return change(value)
    return [_each_file(part, change) for part in value] if isinstance(value, list) else value


def without_folders(sections):
    """Returns the sections of a recipe with file names without folders, which are specific to the machine."""
    return {
        section: {
            key: _each_file(value, lambda file: pathlib.Path(file).name) if key in FILE_KEYS.get(section, ()) else value
            for key, value in keys.items()
        }
        for section, keys in sections.items()
    }


def _check_keys(sections, name):
    """Raises an error for the first unknown section or key, with the most similar known one."""
    known = {section: list(field.annotation.model_fields) for section, field in Recipe.model_fields.items()}
    for section, keys in sections.items():
        if section not in known:
            raise InputError(f"{name}: there is no section [{shortened(section)}]; {_nearest(section, known)}")
        if not isinstance(keys, dict):
            raise InputError(
                f"{name}: [{section}] must be a section of keys. Received: {section} = {short_repr(keys)}."
            )
        for key in keys:
            if key not in known[section]:
                raise InputError(f"{name}: [{section}] has no key `{shortened(key)}`; {_advice(section, key, known)}")
    if "data" not in sections:
        raise InputError(f"{name}: the section [data] is missing. Add it with the text to train on.")


def _advice(section, key, known):
    """Returns advice for an unknown key: a key with similar spelling, in another section, or with the same meaning."""
    others = [other for other in known if key in known[other]]
    if others:
        return f"[{others[0]}] has one."
    if difflib.get_close_matches(key, known[section], n=1, cutoff=0.8):
        return _nearest(key, known[section])
    meant = advice_by_meaning(key)
    if isinstance(meant, str):
        return meant
    if meant:
        return f"did you mean `{meant[1]}`{'' if meant[0] == section else f' of [{meant[0]}]'}?"
    return _nearest(key, known[section], "use one of")


def _nearest(name, known, otherwise="it must be one of"):
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"{otherwise} {', '.join(known)}."


def _first_error(error):
    """Returns the first of pydantic's errors in one line."""
    errors = error.errors()
    first = errors[0]
    section, key = (*first["loc"], None, None)[:2]
    item = ""
    if key is not None and isinstance(first["input"], list):
        # One error for each type of the key. The last ones are those of a list.
        of_key = [each for each in errors if each["loc"][:2] == (section, key)]
        first = max(reversed(of_key), key=lambda each: len(each["loc"]))
        item = "".join(f"item {part + 1}: " for part in first["loc"] if isinstance(part, int))
    message = first["msg"].removeprefix("Value error, ").removesuffix(".")
    if section is None:
        return f"{message}."
    if key is None:
        return f"[{section}]: {message}."
    return f"[{section}] {key}: {item}{message[0].lower()}{message[1:]}. Received: {short_repr(first['input'])}."
