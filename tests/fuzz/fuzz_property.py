import abc
import pathlib
import random
import unicodedata


class Failure(Exception):
    """A property failed. The message has the input."""


class Skip(Exception):
    """A property cannot be checked on this machine. The message has the reason."""


class FuzzProperty(abc.ABC):
    """A property that must hold for every input. Each subclass has a file in `properties`.

    A case depends on its seed alone, so that a failure can be replayed. Worker processes that a subclass starts serve
    all cases.

    Attributes:
        name: its name on the command line and in the table.
        unit: the noun for the counted inputs.
        goal: number of inputs that a run of 30 minutes on two cores reaches.
        share: weight of the property in the division of the time.

    Args:
        workspace: the `Workspace`.
        planted: name of the planted bug, or None. Worker processes plant it, too.
    """

    name = unit = ""
    goal = share = 0

    def __init__(self, workspace, planted=None):
        self.workspace = workspace
        self.planted = planted

    @abc.abstractmethod
    def check(self, generator: random.Random, folder: pathlib.Path) -> int:
        """Checks one case.

        Args:
            generator: source of all random choices.
            folder: an empty folder of the case, removed afterwards.

        Returns:
            Number of checked inputs.

        Raises:
            Failure: the property failed.
        """

    def close(self):  # noqa: B027 (most properties start no process)
        """Ends the processes that `__init__` started."""


def is_clean_line(text):
    """Returns whether a message is one line without control characters and other line ends."""
    return bool(text.strip()) and not any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text
    )
