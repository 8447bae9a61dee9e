import dataclasses

from keras_transformer.generation import SearchSettings


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServingSettings:
    """Settings of the server: its address, limits and rights.

    Args:
        host, port: the address. Port 0 chooses a free port. Default 127.0.0.1 and 8501.
        search: the `SearchSettings` of model folders. A SavedModel contains its own.
        workers: number of threads that translate. Default None: the number of cores.
        max_batch_size: number of texts of a batch. Default 32.
        batch_wait: longest time in seconds to collect the texts of a batch. Default 0.005.
        queue_size: number of texts that wait. More are refused with status 429. Default 1024.
        max_characters: limit of the characters of a request. Default 100,000.
        max_texts: limit of the texts of a request. Default 256.
        max_seconds: limit of the time of a request in seconds. Default 30.
        header_seconds: limit of the time to send the headers, and of the time between two requests. Default 10.
        drain_seconds: limit of the time for running requests after SIGTERM. Default 30.
        poll_seconds: time between two looks for new versions. Default 1.
        tokens: accepted keys, a frozenset. Empty, the default, if everybody may use the server.
        origins: origins of pages that may use the server, such as "https://example.org", or "*". Default: none.
        source_language, target_language: languages of models that do not name theirs. Default None.
    """

    host: str = "127.0.0.1"
    port: int = 8501
    search: SearchSettings = dataclasses.field(default_factory=SearchSettings)
    workers: int | None = None
    max_batch_size: int = 32
    batch_wait: float = 0.005
    queue_size: int = 1024
    max_characters: int = 100_000
    max_texts: int = 256
    max_seconds: float = 30.0
    header_seconds: float = 10.0
    drain_seconds: float = 30.0
    poll_seconds: float = 1.0
    tokens: frozenset = frozenset()
    origins: tuple = ()
    source_language: str | None = None
    target_language: str | None = None

    @property
    def max_bytes(self):
        """Limit of the bytes of a body or an address. JSON and queries write a character with at most 12 bytes."""
        return 12 * self.max_characters + 65536
