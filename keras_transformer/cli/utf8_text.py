import click


class Utf8Text(click.ParamType):
    """Text of the command line that is UTF-8; Python takes any bytes, and what writes or tokenizes them would fail."""

    name = "text"

    def convert(self, value, param, ctx):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("expected UTF-8 text.", param, ctx)
        return value
