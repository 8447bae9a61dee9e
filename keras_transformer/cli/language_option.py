import click

from keras_transformer.text.languages import language_tag


def checked_language(context, parameter, value):
    """Callback of an option whose value is a language tag: returns it in canonical case, or None without a value."""
    try:
        return None if value is None else language_tag(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
