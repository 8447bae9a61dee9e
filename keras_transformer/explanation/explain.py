import os
import pathlib
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError, short_repr
from keras_transformer.explanation.packed_numbers import packed_numbers
from keras_transformer.explanation.page_checks import check_config
from keras_transformer.explanation.page_data import page_data
from keras_transformer.explanation.page_path import check_page_path
from keras_transformer.explanation.page_text import LANGUAGES, page_text
from keras_transformer.files.whole_files import remove_leftovers, write_text
from keras_transformer.generation import SearchSettings
from keras_transformer.models.ensemble import models_of

if TYPE_CHECKING:
    from keras_transformer.translator import Translator


def explain(
    translator: "Translator",
    text: str,
    path: str | os.PathLike,
    language: str = "en",
    beam_size: int | None = None,
    length_penalty: float | None = None,
    settings: SearchSettings | None = None,
) -> pathlib.Path:
    """Writes an HTML page that explains the translation of a sentence with the numbers of the model.

    The page shows tokens, embeddings, positions, attention step by step, the encoder's output, the decoder at each
    step, the most probable next words, and the beam search as a tree. It is one file that needs no network.

    Args:
        translator: a `Translator` of a single model.
        text: a sentence of the source language.
        path: the file, `NAME.html`, in an existing folder. An existing file is replaced.
        language: language of the page's own text, "en" (default) or "ko".
        beam_size, length_penalty: a shorthand for `settings`. Default: those of `SearchSettings`.
        settings: the `SearchSettings` by which the translation is found. Default: those of the separate arguments.

    Returns:
        The file, a `pathlib.Path`.

    Raises:
        InputError: an argument is out of range, the model is an ensemble or one of several directions, the text has
            no tokens or more than the model reads, the model computes numbers that are not finite, or the file cannot
            be written.
        ValueError: `settings` is given together with one of its fields.

    Example:

    >>> kt.explain(translator, "나는 어제 카페에 갔다.", "explain.html", language="ko")
    PosixPath('explain.html')

    Reference:
        "Attention Is All You Need", section 3.
    """
    path = check_page_path(path)
    if language not in LANGUAGES:
        raise InputError(f"`language` must be one of {', '.join(LANGUAGES)}. Received: {short_repr(language)}.")
    models = models_of(translator.model)
    if len(models) > 1:
        raise InputError(f"Expected a single model. Received: an ensemble of {len(models)} models.")
    check_config(translator.config)
    settings = SearchSettings.of(settings, beam_size=beam_size, length_penalty=length_penalty)
    if settings.sample:
        raise InputError("The page explains beam search, not sampling. Received: sample=True.")
    if settings.shortlist:
        raise InputError("The page explains a search of the whole vocabulary. Received: shortlist=True.")
    data, matrices = page_data(translator, text, settings.of_model(translator.config))
    entries, numbers = packed_numbers(matrices)
    remove_leftovers(path.parent)
    write_text(path, page_text({**data, "matrices": entries}, numbers, language))
    return path
