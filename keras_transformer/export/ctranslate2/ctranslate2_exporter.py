import os
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_transformer.errors import ExportError
from keras_transformer.export.ctranslate2.activations import check_activation
from keras_transformer.export.ctranslate2.vocabulary_map import VOCABULARY_MAP_NAME, write_vocabulary_map
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.quantizations import checked_quantizations
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import PADDING_ID, START_ID

if TYPE_CHECKING:
    from keras_transformer.translator import Translator

_RUNNER = pathlib.Path(__file__).with_name("ctranslate2_runner.py")


class CTranslate2Exporter(Exporter):
    """Exporter of folders for `ctranslate2.Translator`, including the SentencePiece models.

    Args:
        quantize: None (default) for float32, "float16" or "int8".
    """

    name = "ctranslate2"
    title = "CTranslate2"
    options = frozenset({"quantize"})
    fixes_search = False
    rounds_activations = False
    packages = ("ctranslate2",)
    prefix_use = "CTranslate2 takes them as `target_prefix` of each call"

    def check_files(self, files):
        """Raises an InputError if CTranslate2 lacks the activation of the model."""
        super().check_files(files)
        check_activation(files.config)

    def check_model(self, model):
        from keras_transformer.models.transformer_parts import transformer_parts  # noqa: PLC0415 (imports Keras)

        super().check_model(model)
        check_activation(transformer_parts(model).config)

    def write(self, translator, artifact, settings):
        from keras_transformer.export.ctranslate2.ctranslate2_format import save_ctranslate2  # noqa: PLC0415 (slow)

        self._max_length = settings.max_length  # For the card.
        tokens = [each.all_tokens() for each in (translator.tokenizers.source, translator.tokenizers.target)]
        try:
            save_ctranslate2(translator.model, *tokens, artifact, self.quantize)
        except ValueError as error:
            raise ExportError(str(error)) from error
        if translator.shortlist is not None:
            write_vocabulary_map(translator.shortlist, *tokens, artifact / VOCABULARY_MAP_NAME)

    def run(self, artifact, translator, texts, settings):
        limits = {
            "max_length": settings.max_length,
            "length_factor": LENGTH_FACTOR,
            "length_margin": LENGTH_MARGIN,
            "prefix": _prefix(translator),
        }
        return run_program(_RUNNER, artifact, texts, translator.tokenizers, limits)

    def card(self, translator):
        """Returns lines about the use of the folder, with the limits and suppressed tokens that CTranslate2 needs."""
        source, target = translator.tokenizers.file_names
        prefix = _prefix(translator)
        tokens, longest = translator.tokenizers.target.all_tokens(), self._max_length - 1
        return [
            "A folder for CTranslate2, which has its own beam search, and the SentencePiece model that splits texts:",
            "",
            "```python",
            "import ctranslate2, sentencepiece",
            f'source = sentencepiece.SentencePieceProcessor(model_file="PATH/{source}")',
            f'target = sentencepiece.SentencePieceProcessor(model_file="PATH/{target}")',
            'translator = ctranslate2.Translator("PATH")',
            "found = translator.translate_batch(",
            f'    [source.encode("a sentence", out_type=str)[:{longest}]],',
            *([f"    target_prefix=[{prefix!r}],"] if prefix else []),
            "    beam_size=4,",
            f"    max_decoding_length={longest + len(prefix)},",
            "    min_decoding_length=0,",
            "    disable_unk=True,",
            f"    suppress_sequences=[[{tokens[PADDING_ID]!r}], [{tokens[START_ID]!r}]],",
            ")",
            f"target.decode(found[0].hypotheses[0]{'[1:]' if prefix else ''})",
            "```",
            "",
            "A blank text, which has only spaces and invisible characters, and a text without tokens have no",
            "translation. Skip both. Otherwise, the model generates an arbitrary sentence.",
            "",
            "The folder was compared with its model at beam size 1, at which both searches are the same.",
            *_about_shortlist(translator.shortlist),
            *_about_quantizations(checked_quantizations(translator.model)),
        ]

    def place(self, translator, folder, path):
        translator.tokenizers.save(folder)
        return super().place(translator, folder, path)


def export_ctranslate2(
    translator: "Translator", path: str | os.PathLike, quantize: str | None = None, prove: Callable | None = None
) -> pathlib.Path:
    """Writes a folder for `ctranslate2.Translator`, including the SentencePiece models.

    Args:
        translator: the `Translator`.
        path: the folder. It must not exist yet.
        quantize: None (default) for float32, "float16" or "int8".
        prove: a `Proof`, called with the folder before it is renamed. Its errors end the export. Default None.

    Returns:
        The folder, a path.

    Raises:
        InputError: the package `ctranslate2` is missing, an argument is out of range, CTranslate2 does not have the
            activation, or the folder cannot be written.
        ExportError: CTranslate2 does not support the model for another reason.

    Example:

    >>> kt.export.export_ctranslate2(translator, "exported/my-ctranslate2", quantize="int8").name
    'my-ctranslate2'
    """
    return CTranslate2Exporter(quantize).export(translator, path, prove=prove)


def _prefix(translator):
    """Returns a list with the first token of all translations of the model, or an empty list."""
    token_id = translator.config.target_prefix
    return [] if token_id is None else [translator.tokenizers.target.token(token_id)]


def _about_shortlist(shortlist):
    """Returns lines about the use of a shortlist, or no lines without one."""
    if shortlist is None:
        return []
    return [
        "",
        f"`{VOCABULARY_MAP_NAME}` has the shortlist of the model, for `translate_batch(..., use_vmap=True)`.",
        "CTranslate2 joins the shortlists of a batch, so a translation can depend on the other texts of its batch.",
    ]


def _about_quantizations(quantizations):
    """Returns lines about the differences to a model that Keras quantised, or no lines for other models."""
    if not quantizations:
        return []
    lines = [
        "",
        "The model was quantised by Keras. This folder has the same rounded kernels as numbers of the type above, so",
        "kernels have the same values as in the model.",
    ]
    if any(quantization.activations for quantization in quantizations.values()):
        lines += [
            "The model also rounds the inputs of its dense layers to 8 bits; CTranslate2 in float32 does not. Scores",
            "differ by about as much as those of the model before and after it was quantised.",
        ]
    return lines
