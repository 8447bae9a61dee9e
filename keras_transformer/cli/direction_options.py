import click

from keras_transformer.cli.language_option import checked_language
from keras_transformer.text.language_tokens import is_full_code
from keras_transformer.translator import Translator


def checked_code(context, parameter, value):
    """Callback of an option whose value is a language tag or a code of a multilingual model, such as eng_Latn."""
    # The codes of M2M100 are BCP 47 tags.
    is_code = value is not None and is_full_code(value)
    return value if is_code else checked_language(context, parameter, value)


def direction_options(command):
    """Adds `--source-language` and `--target-language` to a command, for `load_translator`."""
    for side, text in (("target", "translation"), ("source", "text")):
        command = click.option(
            f"--{side}-language",
            callback=checked_code,
            help=f"Language of the {text}, such as ko or zh-Hant, or a code of a multilingual model, such as eng_Latn "
            "[default: the model's]",
        )(command)
    return command


def load_translator(models, source_language, target_language):
    """Loads the `Translator` of a model folder, or of an ensemble, with the languages of `direction_options`.

    Args:
        models: the folder, or a sequence of folders.
        source_language, target_language: the values of the options.
    """
    model = models[0] if isinstance(models, tuple) and len(models) == 1 else models
    given = {"source_language": source_language, "target_language": target_language}
    return Translator.load(model, **{name: language for name, language in given.items() if language is not None})
