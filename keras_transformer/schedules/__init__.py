"""Learning-rate schedules."""

from keras_transformer.schedules.warmup_schedule import WarmupSchedule

__all__ = ["WarmupSchedule"]
