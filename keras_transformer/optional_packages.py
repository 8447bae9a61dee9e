import importlib.util

from keras_transformer.errors import InputError


def check_installed(package, extra):
    """Raises an `InputError` where a package is missing that one of our extras brings.

    Args:
        package: name of the package.
        extra: name of the extra.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(f'{package} is not installed: pip install "keras-transformer[{extra}]"')
