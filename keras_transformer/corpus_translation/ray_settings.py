import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaySettings:
    """Settings of the workers of Ray.

    Args:
        workers: number of workers. Default 1.
        cpus, gpus: CPUs and GPUs of each worker. Default 1 and 0.
        address: address of a cluster, such as "auto" or "host:6379". Default None: a cluster on this machine that ends
            with the command, or that of the environment variable `RAY_ADDRESS`.
    """

    workers: int = 1
    cpus: int = 1
    gpus: float = 0
    address: str | None = None
