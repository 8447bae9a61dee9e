import click


class Utf8Text(click.ParamType):
    """Checks that text of the command line is UTF-8. Python accepts any bytes, and writing or tokenizing would fail."""

    name = "text"

    def convert(self, value, param, ctx):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("expected UTF-8 text.", param, ctx)
        return value
