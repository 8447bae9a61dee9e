import dataclasses


@dataclasses.dataclass
class RequestFacts:
    """Facts about a request for the access log and the metrics. None of them is a text.

    Args:
        route: the route, such as "predict", a label of the metrics.
        model: name of the model. Default None.
        version: number of its version. Default None.
        texts: number of texts or sentences. Default 0.
        characters: number of characters. Default 0.
    """

    route: str = "other"
    model: str | None = None
    version: int | None = None
    texts: int = 0
    characters: int = 0
