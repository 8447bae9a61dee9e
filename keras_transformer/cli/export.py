import math
import pathlib

import click

from keras_transformer import export as exports
from keras_transformer.cli.direction_options import direction_options, load_translator, read_files
from keras_transformer.cli.lines import opened_input, read_parallel_lines
from keras_transformer.cli.progress import progress
from keras_transformer.cli.search_checks import check_search
from keras_transformer.cli.search_options import (
    SETTING_NAMES,
    beam_size_option,
    is_given,
    length_penalty_option,
    rule_options,
    search_settings,
)
from keras_transformer.cli.standard_output import print_path, print_result
from keras_transformer.data import decoded_lines
from keras_transformer.errors import InputError
from keras_transformer.export.exporters import EXPORTERS, exporter_class, formats_with, get_exporter
from keras_transformer.export.quantizations import QUANTIZATIONS
from keras_transformer.export.staging import check_writable
from keras_transformer.saving.ensemble_files import smallest_config
from keras_transformer.saving.model_files import load_validation_pairs
from keras_transformer.text.blank import is_blank
from keras_transformer.text.direction import Direction

_EXPORTS = pathlib.Path("saved_models")


class _Format(click.ParamType):
    """A name of `EXPORTERS`, as they are when the command is called."""

    name = "format"

    def get_metavar(self, param, ctx):
        return f"[{'|'.join(EXPORTERS)}]"

    def convert(self, value, param, ctx):
        if value not in EXPORTERS:
            self.fail(f"{value!r} is not one of {', '.join(map(repr, EXPORTERS))}.", param, ctx)
        return value


class _OptionOfFormats(click.Option):
    """An option with `{titles}` or `{formats}` in its help: the titles of all formats, or the formats that support it.

    They are those of `EXPORTERS` when the command is called.
    """

    def get_help_record(self, ctx):
        names, text = super().get_help_record(ctx)
        titles = [exporter_class(name).title for name in EXPORTERS]
        return names, text.format(titles=", ".join(titles), formats=", ".join(formats_with(self.name)))


@click.command()
@click.argument("models", metavar="MODEL [MODEL]...", nargs=-1, required=True, type=click.Path(path_type=pathlib.Path))
@click.option(
    "--format",
    "artifact_format",
    cls=_OptionOfFormats,
    required=True,
    type=_Format(),
    help="Format of the artifact: {titles}.",
)
@click.option(
    "--output",
    type=click.Path(path_type=pathlib.Path),
    help="Path of the artifact [default: saved_models/NAME with an ending]",
)
@click.option(
    "--quantize",
    cls=_OptionOfFormats,
    type=click.Choice(QUANTIZATIONS),
    help="{formats}: type of smaller weights.",
)
@click.option(
    "--text",
    cls=_OptionOfFormats,
    is_flag=True,
    help="{formats}: text to text with TensorFlow Text's operations. Deprecated by the signature translate_text.",
)
@click.option(
    "--text-signature/--no-text-signature",
    cls=_OptionOfFormats,
    default=None,
    help="{formats}: whether the file has the signatures for texts [default: if the vocabulary supports them]",
)
@click.option(
    "--prefix-signature",
    cls=_OptionOfFormats,
    is_flag=True,
    help="{formats}: add the signature with_prefix, whose second input is the beginning of each translation.",
)
@click.option(
    "--jit",
    cls=_OptionOfFormats,
    is_flag=True,
    help="{formats}: compile the search of single texts by XLA, for a server with --xla_cpu_compilation_enabled=true.",
)
@click.option("--prefix", hidden=True, is_flag=False, flag_value="", help="Refused: prefixes are inputs.")
@beam_size_option
@length_penalty_option
@rule_options
@click.option(
    "--n-best",
    cls=_OptionOfFormats,
    type=click.IntRange(1),
    help="{formats}: number of translations of `n_best` [default: --beam-size]",
)
@click.option(
    "--litert",
    cls=_OptionOfFormats,
    type=click.Path(path_type=pathlib.Path),
    help="{formats}: folder with node_modules/@litertjs [default: downloaded by npm into the user's cache]",
)
@click.option(
    "--max-length", type=click.IntRange(2), help="Maximum length of source and translation [default: the model's]"
)
@click.option("--verify", type=click.Path(path_type=pathlib.Path), help="Text to compare on [default: the model's own]")
@click.option(
    "--reference", type=click.Path(path_type=pathlib.Path), help="Reference translation of --verify, for BLEU."
)
@click.option("--max-bleu-loss", type=float, default=0.3, help="Maximum loss of BLEU of a quantised artifact.")
@direction_options
def export(
    models,
    artifact_format,
    output,
    quantize,
    text,
    text_signature,
    prefix_signature,
    jit,
    prefix,
    litert,
    verify,
    reference,
    max_bleu_loss,
    source_language,
    target_language,
    **settings,
):
    """Convert MODEL, a model folder, to a format for other runtimes, and compare its translations with the model's.

    The artifact is loaded in a fresh process and compared with the model, line by line. If translations differ (or,
    with --quantize, if BLEU is too low), the exit status is 1 and the artifact is removed. BLEU needs references.
    Without --reference, it is measured on the validation sentences of the model folder, which are added to --verify.

    Several models with the same vocabulary are exported as one artifact, an ensemble.
    """
    given = {"quantize": quantize, "text": text or None, "text_signature": text_signature, "litert": litert}
    given |= {"prefix_signature": prefix_signature or None, "jit": jit or None, "n_best": settings["n_best"]}
    _check_options(artifact_format, given, max_bleu_loss)
    _check_ensemble(artifact_format, models)
    _check_prefix(artifact_format, prefix)
    settings = search_settings(**settings)
    exporter = get_exporter(artifact_format, quantize, text, text_signature, litert, prefix_signature, jit)
    exporter.check_settings(settings, len(models))
    _note_search(exporter)
    name = models[0].resolve().name + "-ensemble" * (len(models) > 1)
    output = output or _EXPORTS / exporter.default_name(name)
    exporter.check_path(output)
    check_writable(exporter.folder_of(output))
    files = read_files(models, source_language, target_language)
    if exporter.fixes_search:
        check_search(files, settings, split_sentences=False, glossary=None)
    settings = settings.of_model(smallest_config(files))
    for each in files:
        exporter.check_files(each)
    direction = Direction(source_language, target_language)
    pairs = _pairs_to_compare(models[0], direction, verify, reference, quantize)
    translator = load_translator(files)
    for note in exporter.notes(translator):
        click.echo(f"keras-transformer: {note}", err=True)
    verifications = []
    try:
        with progress(len(pairs), "Exporting and comparing") as bar:
            proof = exports.Proof(
                translator,
                exporter,
                quantize,
                settings,
                pairs,
                max_bleu_loss,
                report=verifications.append,
                progress=bar.update,
            )
            written = exporter.export(translator, output, settings, proof)
    finally:
        for verification in verifications:
            _print_table(verification)
    print_path(written)


def _check_options(artifact_format, given, max_bleu_loss):
    for option, value in given.items():
        formats = formats_with(option)
        if value is not None and artifact_format not in formats:
            flag = f"--{'no-' * (value is False)}{option.replace('_', '-')}"
            raise InputError(f"{flag} needs --format {' or '.join(formats)}. Received: --format {artifact_format}.")
    if not math.isfinite(max_bleu_loss):
        raise InputError(f"--max-bleu-loss must be a finite number. Received: {max_bleu_loss}.")


def _check_ensemble(artifact_format, models):
    formats = formats_with("ensemble")
    if len(models) > 1 and artifact_format not in formats:
        raise InputError(
            f"An ensemble needs --format {' or '.join(formats)}. Received: {len(models)} models and --format "
            f"{artifact_format}."
        )


def _check_prefix(artifact_format, prefix):
    if prefix is None:
        return
    if artifact_format in formats_with("prefix_signature"):
        advice = "--prefix-signature adds them as an input"
    elif not (advice := exporter_class(artifact_format).prefix_use):
        formats = " or ".join(formats_with("prefix_signature"))
        advice = f"this format has no such input. Use --format {formats} --prefix-signature"
    raise InputError(f"--prefix has the beginnings of given texts, but an artifact translates other texts: {advice}.")


def _note_search(exporter):
    """Prints a note if search options are given that the artifact does not store."""
    names = SETTING_NAMES if exporter.fixes_length else (*SETTING_NAMES, "max_length")
    if not exporter.fixes_search and any(map(is_given, names)):
        click.echo(
            f"keras-transformer: {exporter.title} uses its own beam search, with the options of each call. The "
            "artifact is compared with the model at beam size 1.",
            err=True,
        )


def _pairs_to_compare(model, direction, verify, reference, quantize):
    """Returns the texts of the comparison, each with its reference or None."""
    kept = load_validation_pairs(model, direction)
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
