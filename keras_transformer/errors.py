class InputError(ValueError):
    """What the user gave cannot be used: a file, a recipe, a model folder.

    The message is one line that says how to mend it. The command line prints it without a traceback and exits with 2;
    in Python it is a `ValueError`.
    """


class ExportError(RuntimeError):
    """An artifact could not be made, or did not pass its proof."""
