import importlib

import click

from keras_transformer.cli.language_option import checked_language
from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.text.direction import Direction
from keras_transformer.text.language_tokens import is_full_code


def checked_code(context, parameter, value):
    """Callback of an option whose value is a language tag or a code of a multilingual model, such as eng_Latn."""
    # The codes of M2M100 are BCP 47 tags.
    is_code = value is not None and is_full_code(value)
    return value if is_code else checked_language(context, parameter, value)


def direction_options(command):
    """Adds `--source-language` and `--target-language` to a command, for `read_files`."""
    for side, text in (("target", "translation"), ("source", "text")):
        command = click.option(
            f"--{side}-language",
            callback=checked_code,
            help=f"Language of the {text}, such as ko or zh-Hant, or a code of a multilingual model, such as eng_Latn "
            "[default: the model's]",
        )(command)
    return command


def read_files(models, source_language=None, target_language=None):
    """Reads and checks a model folder, or those of an ensemble, without TensorFlow.

    Args:
        models: the folder, or a sequence of folders.
        source_language, target_language: the values of `direction_options`.

    Returns:
        A list of `ModelFiles`.
    """
    return read_ensemble_files(models, Direction(source_language, target_language))


def load_translator(files, threads=None):
    """Imports TensorFlow, and loads the `Translator` of the files of `read_files`.

    Args:
        files: a list of `ModelFiles`.
        threads: number of threads of an operation. 1 is best for many texts, because `Translator.translate` searches
            one batch per core at a time. Default: all cores.
    """
    import_tensorflow_quietly(threads)
    return importlib.import_module("keras_transformer.translator").translator_of_files(files)
