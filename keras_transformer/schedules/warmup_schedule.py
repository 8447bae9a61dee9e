import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_transformer")
class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly for `warmup_steps`, then falls with the inverse square root of the step.

    lr = scale * hidden_dim^-0.5 * min(step^-0.5, step * warmup_steps^-1.5); where `peak` is given, the same curve with
    `peak` as its highest point.

    Args:
        hidden_dim: width of the model; needed unless `peak` is given. Default None.
        warmup_steps: optimizer steps of the rise. Default 4000.
        scale: factor on the paper's rate. Default 1.0.
        peak: the rate at step `warmup_steps`, in place of `hidden_dim` and `scale`. Default None.

    Raises:
        ValueError: neither or both of `hidden_dim` and `peak` are given, or a number is not positive.

    Example:

    >>> optimizer = keras.optimizers.Adam(WarmupSchedule(hidden_dim=512), beta_2=0.98, epsilon=1e-9)

    Reference:
        "Attention Is All You Need", section 5.3, equation 3.
    """

    def __init__(self, hidden_dim=None, warmup_steps=4000, scale=1.0, peak=None):
        super().__init__()
        if (hidden_dim is None) == (peak is None):
            raise ValueError(f"Give either `hidden_dim` or `peak`. Received: hidden_dim={hidden_dim}, peak={peak}.")
        for name in ("hidden_dim", "warmup_steps", "scale", "peak"):
            number = locals()[name]
            if number is not None and number <= 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={number}.")
        self.hidden_dim = hidden_dim
        self.warmup_steps = warmup_steps
        self.scale = scale
        self.peak = peak

    def __call__(self, step):
        # Keras counts from 0, where the formula would waste the first update on a rate of 0.
        step = ops.maximum(ops.cast(step, "float32"), 1.0)
        curve = ops.minimum(ops.rsqrt(step), step * self.warmup_steps**-1.5)
        if self.peak is not None:
            return self.peak * self.warmup_steps**0.5 * curve
        return self.scale * self.hidden_dim**-0.5 * curve

    def get_config(self):
        return {
            "hidden_dim": self.hidden_dim,
            "warmup_steps": self.warmup_steps,
            "scale": self.scale,
            "peak": self.peak,
        }
