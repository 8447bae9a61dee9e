import pathlib

import click

from keras_transformer import explanation
from keras_transformer.cli.direction_options import load_translator, read_files
from keras_transformer.cli.search_options import beam_size_option, length_penalty_option
from keras_transformer.cli.standard_output import print_path
from keras_transformer.cli.utf8_text import Utf8Text
from keras_transformer.explanation import check_page_path
from keras_transformer.explanation.page_checks import check_config, check_length
from keras_transformer.explanation.page_text import LANGUAGES
from keras_transformer.generation import SearchSettings


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.argument("sentence", type=Utf8Text())
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="HTML file [default: MODEL-explain.html]")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Language of the page's own text.")
@beam_size_option
@length_penalty_option
def explain(model, sentence, output, language, **search):
    """Write a page that explains how MODEL, a model folder, translates SENTENCE.

    The page shows the matrices of the forward pass and the tree of the beam search. It is one file that needs no
    network.
    """
    output = check_page_path(output or pathlib.Path(f"{model.resolve().name}-explain.html"))
    (files,) = read_files(model)
    check_config(files.config)
    settings = SearchSettings.of(None, **search).of_model(files.config)
    if not files.tokenizers.placeholder_kinds:  # Otherwise, TensorFlow is needed to mask the sentence first.
        check_length(sentence, files.tokenizers.source.count_tokens(sentence), settings.max_length)
    translator = load_translator([files])
    print_path(explanation.explain(translator, sentence, output, language, **search))
