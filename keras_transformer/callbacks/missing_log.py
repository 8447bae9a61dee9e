import warnings


def warn_of_missing_log(callback, logs):
    """Warns that the logs never had the value that a callback monitors.

    Args:
        callback: a callback with a `monitor`.
        logs: the logs of `on_train_end`.
    """
    warnings.warn(
        f"{type(callback).__name__} monitors {callback.monitor!r}, which was not in the logs. The logs had: "
        f"{', '.join(sorted(logs or {})) or 'nothing'}. Put the callback that adds it first.",
        stacklevel=2,
    )
