import dataclasses


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The outcome of a shard.

    Args:
        name: name of the shard.
        record: its record if it was translated, or None.
        failure: a message of one line if it cannot be read, or None.
    """

    name: str
    record: dict | None = None
    failure: str | None = None
