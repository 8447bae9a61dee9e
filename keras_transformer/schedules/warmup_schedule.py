import math
from typing import Any

import keras
from keras import ops

from keras_transformer.schedules.decays import DECAYS


@keras.saving.register_keras_serializable(package="keras_transformer")
class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Learning rate with linear warm-up, followed by inverse square root, linear or cosine decay.

    The paper's rate is lr = scale * hidden_dim^-0.5 * min(step^-0.5, step * warmup_steps^-1.5). With `peak`, the curve
    is scaled to the maximum `peak`. With `decay` "linear" or "cosine", the rate decays from its maximum to 0 at
    step `total_steps`, along a line or half a cosine wave.

    Args:
        hidden_dim: width of the model, required without `peak`. Default None.
        warmup_steps: number of optimizer steps of the warm-up. Default 4000.
        scale: factor on the paper's rate. Default 1.0.
        peak: the rate at step `warmup_steps`, instead of `hidden_dim` and `scale`. Default None.
        decay: "inverse_sqrt" (default, the paper's, without an end), "linear" or "cosine".
        total_steps: number of optimizer steps of the training, required by "linear" and "cosine". Default None.
        accumulation_steps: the optimizer's `gradient_accumulation_steps`. With it, Keras counts every batch as a step.
            Default 1.

    Raises:
        ValueError: neither or both of `hidden_dim` and `peak` are given, a number is not positive, or `total_steps`
            does not match `decay` and `warmup_steps`.

    Example:

    >>> schedule = kt.schedules.WarmupSchedule(peak=0.002, warmup_steps=100)
    >>> [round(float(schedule(step)), 6) for step in (1, 50, 100, 400)]
    [2e-05, 0.001, 0.002, 0.001]
    >>> optimizer = keras.optimizers.Adam(schedule, beta_2=0.98, epsilon=1e-9)

    Reference:
        "Attention Is All You Need", section 5.3, equation 3; for the cosine, Loshchilov and Hutter 2017
        (arXiv 1608.03983), equation 5 without restarts.
    """

    def __init__(
        self,
        hidden_dim: int | None = None,
        warmup_steps: int = 4000,
        scale: float = 1.0,
        peak: float | None = None,
        decay: str = "inverse_sqrt",
        total_steps: int | None = None,
        accumulation_steps: int = 1,
    ):
        super().__init__()
        if (hidden_dim is None) == (peak is None):
            raise ValueError(f"Give either `hidden_dim` or `peak`. Received: hidden_dim={hidden_dim}, peak={peak}.")
        for name in ("hidden_dim", "warmup_steps", "scale", "peak", "total_steps", "accumulation_steps"):
            number = locals()[name]
            if number is not None and number <= 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={number}.")
        if decay not in DECAYS:
            raise ValueError(f"`decay` must be one of {', '.join(DECAYS)}. Received: decay={decay!r}.")
        if decay != "inverse_sqrt" and (total_steps is None or total_steps <= warmup_steps):
            raise ValueError(
                f"`decay` {decay!r} needs `total_steps` above `warmup_steps`. "
                f"Received: total_steps={total_steps}, warmup_steps={warmup_steps}."
            )
        self.hidden_dim = hidden_dim
        self.warmup_steps = warmup_steps
        self.scale = scale
        self.peak = peak
        self.decay = decay
        self.total_steps = total_steps
        self.accumulation_steps = accumulation_steps

    def __call__(self, step):
        step = ops.floor_divide(ops.cast(step, "int32"), self.accumulation_steps)
        # Keras counts from 0. The formula would give the first update a rate of 0.
        step = ops.maximum(ops.cast(step, "float32"), 1.0)
        highest = self.peak or self.scale * (self.hidden_dim * self.warmup_steps) ** -0.5
        return highest * ops.minimum(step / self.warmup_steps, self._fall(step))

    def _fall(self, step):
        """Returns the fraction of the maximum rate at a step after the warm-up. Before its end, it is 1 or more."""
        if self.decay == "inverse_sqrt":
            return self.warmup_steps**0.5 * ops.rsqrt(step)
        done = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        if self.decay == "linear":
            return ops.maximum(1.0 - done, 0.0)
        return (1.0 + ops.cos(math.pi * ops.clip(done, 0.0, 1.0))) / 2.0

    def get_config(self) -> dict[str, Any]:
        return {
            "hidden_dim": self.hidden_dim,
            "warmup_steps": self.warmup_steps,
            "scale": self.scale,
            "peak": self.peak,
            "decay": self.decay,
            "total_steps": self.total_steps,
            "accumulation_steps": self.accumulation_steps,
        }
