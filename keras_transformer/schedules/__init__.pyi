from .warmup_schedule import WarmupSchedule

__all__ = ["WarmupSchedule"]
