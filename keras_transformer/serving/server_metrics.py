import prometheus_client

_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ServerMetrics:
    """The figures of the server for Prometheus."""

    content_type = prometheus_client.CONTENT_TYPE_LATEST

    def __init__(self):
        registry = self._registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=registry)
        prefix = "keras_transformer_"
        self.requests = prometheus_client.Counter(
            f"{prefix}requests", "Requests by route and status.", ["route", "status"], registry=registry
        )
        self.seconds = prometheus_client.Histogram(
            f"{prefix}request_seconds", "Time of a request.", ["route"], buckets=_SECONDS, registry=registry
        )
        self.queue = prometheus_client.Gauge(f"{prefix}queue_texts", "Texts that wait.", registry=registry)
        self.running = prometheus_client.Gauge(f"{prefix}running_requests", "Requests in work.", registry=registry)
        self.batch_size = prometheus_client.Histogram(
            f"{prefix}batch_texts", "Texts of a batch.", buckets=_BATCH_SIZES, registry=registry
        )
        self.batch_seconds = prometheus_client.Histogram(
            f"{prefix}batch_seconds", "Time of a batch.", buckets=_SECONDS, registry=registry
        )
        self.queue_seconds = prometheus_client.Histogram(
            f"{prefix}queue_seconds", "Time of a text in the queue.", buckets=_SECONDS, registry=registry
        )
        self.texts = prometheus_client.Counter(
            f"{prefix}texts", "Translated texts or sentences.", ["model"], registry=registry
        )
        self.characters = prometheus_client.Counter(
            f"{prefix}characters", "Characters of translated texts.", ["model"], registry=registry
        )
        self.versions = prometheus_client.Gauge(
            f"{prefix}version_available", "1 for each version that answers.", ["model", "version"], registry=registry
        )

    def add_batch(self, size, seconds, waits):
        """Counts a batch: its number of texts, its time, and the times of its texts in the queue."""
        self.batch_size.observe(size)
        self.batch_seconds.observe(seconds)
        for wait in waits:
            self.queue_seconds.observe(wait)

    def page(self):
        """Returns the figures in Prometheus's text format, bytes."""
        return prometheus_client.generate_latest(self._registry)
