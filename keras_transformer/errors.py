import importlib.util


class InputError(ValueError):
    """What the user gave cannot be used: a file, a recipe, a model folder.

    The message is one line that says how to mend it. The command line prints it without a traceback and exits with 2;
    in Python it is a `ValueError`.
    """


class ExportError(RuntimeError):
    """An artifact could not be made, or did not pass its proof."""


def check_installed(package, extra):
    """Raises an `InputError` where a package is missing that one of our extras brings.

    Args:
        package: name of the package.
        extra: name of the extra.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(f'{package} is not installed: pip install "keras-transformer[{extra}]"')
