import warnings


def warn_of_missing_log(callback, logs):
    """Warns that no epoch had what a callback monitors.

    Args:
        callback: a callback with a `monitor`.
        logs: what `on_train_end` gets.
    """
    warnings.warn(
        f"{type(callback).__name__} monitors {callback.monitor!r}, which no epoch had in its logs; they had: "
        f"{', '.join(sorted(logs or {})) or 'nothing'}. What adds it must stand before it among the callbacks.",
        stacklevel=2,
    )
