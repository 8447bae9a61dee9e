import pathlib

from keras_transformer.errors import InputError

_FOLDER = pathlib.Path(__file__).with_name("bundled")


def bundled_recipes() -> dict[str, str]:
    """Returns the recipes that are part of the library.

    Returns:
        A dictionary of names and descriptions, sorted by name. A description is one line.

    Example:

    >>> list(kt.recipes.bundled_recipes())
    ['multi30k_de_en', 'multi30k_en_de', 'multi30k_en_de_adam', 'multi30k_short', 'phrases', 'tatoeba_ko_en']
    """
    paths = sorted(_FOLDER.glob("*.toml"))
    return {path.stem: path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for path in paths}


def find_recipe(recipe):
    """Finds the file of a recipe.

    Args:
        recipe: path of a TOML file, or the name of a bundled recipe. A file takes precedence.

    Returns:
        The path of the file, and whether the recipe is bundled.

    Raises:
        InputError: there is neither such a file nor a bundled recipe of this name.
    """
    path = pathlib.Path(recipe)
    names = bundled_recipes()
    try:
        path.stat()
        reason = "Is a directory" if path.is_dir() else None
    except OSError as error:
        reason = error.strerror
    if reason is None:
        return path, False
    if str(recipe) in names:
        return _FOLDER / f"{recipe}.toml", True
    raise InputError(f"{recipe}: {reason}. Expected a TOML file, or a bundled recipe: {', '.join(names)}.")
