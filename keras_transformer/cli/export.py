import dataclasses
import math
import pathlib

import click

from keras_transformer.cli.lines import opened_input, print_path, print_result, read_parallel_lines
from keras_transformer.cli.progress import progress
from keras_transformer.cli.search_options import beam_size_option, length_penalty_option
from keras_transformer.data import decoded_lines
from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, export_ctranslate2, export_saved_model, export_tflite
from keras_transformer.export.ctranslate2.ctranslate2_format import check_ctranslate2_arguments
from keras_transformer.export.saved_model.saved_model import model_folder_and_version
from keras_transformer.export.tflite.tflite import check_tflite_arguments
from keras_transformer.saving.model_folder import load_config, load_validation_pairs
from keras_transformer.text.blank import is_blank
from keras_transformer.translator import Translator

_EXPORTS = pathlib.Path("saved_models")


@click.command()
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--format",
    "artifact_format",
    required=True,
    type=click.Choice(["saved_model", "tflite", "ctranslate2"]),
    help="Format: for TensorFlow Serving, for mobile and web, or for CTranslate2.",
)
@click.option(
    "--output",
    type=click.Path(path_type=pathlib.Path),
    help="Path of the artifact [default: saved_models/NAME with an ending]",
)
@click.option(
    "--quantize", type=click.Choice(["float16", "int8"]), help="Type of smaller weights, not for saved_model."
)
@click.option("--text", is_flag=True, help="tflite: text to text, including the tokenizer.")
@beam_size_option
@length_penalty_option
@click.option(
    "--n-best", type=click.IntRange(1), help="saved_model: number of translations of `n_best` [default: --beam-size]"
)
@click.option(
    "--max-length", type=click.IntRange(2), help="Maximum length of source and translation [default: the model's]"
)
@click.option("--verify", type=click.Path(path_type=pathlib.Path), help="Text to compare on [default: the model's own]")
@click.option(
    "--reference", type=click.Path(path_type=pathlib.Path), help="Reference translation of --verify, for BLEU."
)
@click.option("--max-bleu-loss", type=float, default=0.3, help="Maximum loss of BLEU of a quantised artifact.")
def export(model, artifact_format, output, quantize, text, verify, reference, max_bleu_loss, **settings):
    """Convert MODEL, a model folder, to a format for other runtimes, and compare its translations with the model's.

    The artifact is loaded in a fresh process and compared with the model, line by line. If translations differ (or,
    with --quantize, if BLEU is too low), the exit status is 1 and the artifact is removed. BLEU needs references.
    Without --reference, it is measured on the validation sentences of the model folder, which are added to --verify.
    """
    _check_options(artifact_format, quantize, text, max_bleu_loss, settings)
    output = output or _default_output(model, artifact_format, quantize, text)
    _check_output(output, artifact_format, quantize)
    settings = SearchSettings(**settings).of_model(load_config(model))
    pairs = _pairs_to_compare(model, verify, reference, quantize)
    translator = Translator.load(model)
    verifications = []
    try:
        with progress(len(pairs), "Exporting and comparing") as bar:
            proof = Proof(
                translator,
                "tflite text" if text else artifact_format,
                quantize,
                _settings_of_proof(settings, artifact_format),
                pairs,
                max_bleu_loss,
                report=verifications.append,
                progress=bar.update,
            )
            if artifact_format == "saved_model":
                written = export_saved_model(translator, output, settings, proof)
            elif artifact_format == "tflite":
                written = export_tflite(translator, output, quantize, text, settings, proof)
            else:
                written = export_ctranslate2(translator, output, quantize, proof)
    finally:
        for verification in verifications:
            _print_table(verification)
    print_path(written)


def _check_options(artifact_format, quantize, text, max_bleu_loss, settings):
    if quantize and artifact_format == "saved_model":
        raise InputError("--quantize needs --format tflite or ctranslate2; a SavedModel is float32.")
    if text and artifact_format != "tflite":
        raise InputError("--text needs --format tflite; a SavedModel is always text to text, CTranslate2 never.")
    if settings["n_best"] and artifact_format != "saved_model":
        raise InputError("--n-best needs --format saved_model; the other formats have no fixed number.")
    if not math.isfinite(max_bleu_loss):
        raise InputError(f"--max-bleu-loss must be a finite number. Received: {max_bleu_loss}.")
    is_given = click.get_current_context().get_parameter_source
    if artifact_format == "ctranslate2" and any(
        is_given(name) is click.core.ParameterSource.COMMANDLINE for name in ("beam_size", "length_penalty")
    ):
        click.echo(
            "keras-transformer: CTranslate2 uses its own beam search, with the options of each call. The folder is "
            "compared with the model at beam size 1.",
            err=True,
        )


def _settings_of_proof(settings, artifact_format):
    if artifact_format != "ctranslate2":
        return settings
    # CTranslate2's beam search differs. Greedy search is the same.
    return dataclasses.replace(settings, beam_size=1, n_best=1, length_penalty=0.0)


def _default_output(model, artifact_format, quantize, text):
    name = model.resolve().name
    ending = f"-{quantize}" if quantize else ""
    if artifact_format == "saved_model":
        if name.isdecimal():
            raise InputError(f"{model}: a folder named {name} would be a version of a model. Set --output.")
        return _EXPORTS / name
    if artifact_format == "tflite":
        return _EXPORTS / f"{name}{'-text' if text else ''}{ending}.tflite"
    return _EXPORTS / f"{name}-ctranslate2{ending}"


def _check_output(output, artifact_format, quantize):
    if artifact_format == "saved_model":
        model_folder_and_version(output)
    elif artifact_format == "tflite":
        check_tflite_arguments(output, quantize)
    else:
        check_ctranslate2_arguments(output, quantize)


def _pairs_to_compare(model, verify, reference, quantize):
    """Returns the texts of the comparison, each with its reference or None."""
    kept = load_validation_pairs(model)
    if verify is None:
        if reference is not None:
            raise InputError("--reference needs --verify with the text of the reference.")
        if not kept:
            raise InputError(
                f"{model}: the model folder has no validation sentences for the comparison. Set --verify FILE."
            )
        return kept
    if reference is not None:
        return list(zip(*read_parallel_lines(verify, reference), strict=True))
    with opened_input(verify) as (file, name):
        pairs = [(line, None) for line in decoded_lines(file, name)]
    if all(is_blank(text) for text, _ in pairs):
        raise InputError(f"{verify}: the file is empty.")
    if not quantize:
        return pairs
    if not kept:
        raise InputError(
            f"A quantised artifact is checked by BLEU, which needs a reference. Set --reference FILE with --verify, or "
            f"put validation sentences into {model}."
        )
    return pairs + kept


def _print_table(verification):
    rows = verification.rows()
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for what, *values in rows:
        print_result(
            what.ljust(widths[0]) + "".join(value.rjust(width + 2) for value, width in zip(values, widths[1:]))
        )
    if verification.operations is not None:
        print_result("operations: " + ", ".join(verification.operations))
