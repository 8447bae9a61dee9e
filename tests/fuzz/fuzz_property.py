import pathlib
import random
import unicodedata


class Failure(Exception):
    """A property did not hold; the message holds the input."""


class Skip(Exception):
    """A property cannot be checked on this machine; the message holds the reason."""


class FuzzProperty:
    """A property that must hold for every input. Each subclass has a file in `properties`.

    A case depends on its seed alone, so that a failure can be replayed. What a subclass starts once, such as a worker
    process, serves all cases.

    Attributes:
        name: what the command line and the table call it.
        unit: what is counted.
        goal: number of them that a run of 30 minutes on two cores reaches.
        share: weight of the property in the division of the time.

    Args:
        workspace: the `Workspace`.
        planted: name of the planted bug, which worker processes plant as well, or None.
    """

    name = unit = ""
    goal = share = 0

    def __init__(self, workspace, planted=None):
        self.workspace = workspace
        self.planted = planted

    def check(self, generator: random.Random, folder: pathlib.Path) -> int:
        """Checks one case.

        Args:
            generator: what every random choice comes from.
            folder: an empty folder of the case, removed afterwards.

        Returns:
            How many inputs were checked.

        Raises:
            Failure: the property does not hold.
        """
        raise NotImplementedError

    def close(self):
        """Ends what `__init__` started."""


def is_clean_line(text):
    """Returns whether a message is one line without control characters and other line ends."""
    return bool(text.strip()) and not any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text
    )
