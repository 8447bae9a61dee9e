import math

import click


class FiniteRange(click.FloatRange):
    """A finite number in a range. Click's own range accepts NaN, which is neither below nor above a limit."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number
