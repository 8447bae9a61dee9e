import dataclasses


@dataclasses.dataclass(frozen=True)
class VersionPolicy:
    """The versions of a model to serve, as in TensorFlow Serving's `model_version_policy`.

    Args:
        latest: number of versions with the highest numbers. Default 1.
        specific: the numbers of versions, or None. It replaces `latest`. Default None.
        is_all: whether all versions are served. Default False.
        labels: numbers of versions by label, a tuple of pairs. Default: none.
    """

    latest: int = 1
    specific: tuple | None = None
    is_all: bool = False
    labels: tuple = ()

    def chosen(self, numbers):
        """Returns the numbers to serve, highest first, of those that exist."""
        ordered = sorted(numbers, reverse=True)
        if self.specific is not None:
            return [number for number in ordered if number in self.specific]
        return ordered if self.is_all else ordered[: self.latest]
