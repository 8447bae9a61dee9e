import pathlib

import click

from keras_transformer.cleaning import CleaningSettings, clean_files
from keras_transformer.cleaning.cleaned_outputs import output_paths
from keras_transformer.cleaning.rule_registry import RULES
from keras_transformer.cli.finite_range import FiniteRange
from keras_transformer.cli.language_option import checked_language
from keras_transformer.cli.progress import progress
from keras_transformer.cli.standard_output import check_standard_output, print_path, print_result
from keras_transformer.data.matching_files import matching_files
from keras_transformer.errors import InputError
from keras_transformer.files.opened_text import opened_text, plain_size
from keras_transformer.files.whole_files import write_json

_PATH = click.Path(path_type=pathlib.Path)


@click.command()
@click.option("--source", type=_PATH, help="Text, one sentence per line, plain or compressed, or a pattern of files.")
@click.option("--target", type=_PATH, help="Translation of the text, line by line.")
@click.option("--tsv", type=_PATH, help="Tab-separated columns instead of --source and --target.")
@click.option("--source-column", type=click.IntRange(1), default=1, help="Column of the source in --tsv.")
@click.option("--target-column", type=click.IntRange(1), default=2, help="Column of the target in --tsv.")
@click.option("--output-prefix", type=_PATH, help="Beginning of the paths of the outputs.")
@click.option("--dry-run", is_flag=True, help="Only count. Write nothing but --report.")
@click.option("--report", type=_PATH, help="Write the counts and examples of all rules to this JSON file.")
@click.option(
    "--source-language",
    callback=checked_language,
    help="Language of the source, such as ko or sr-Latn [default: detected]",
)
@click.option("--target-language", callback=checked_language, help="Language of the target [default: detected]")
@click.option("--without", multiple=True, type=click.Choice(list(RULES)), help="Disable a rule; repeatable.")
@click.option("--unique-source", is_flag=True, help="Keep only the first pair of each source text.")
@click.option("--unique-target", is_flag=True, help="Keep only the first pair of each target text.")
@click.option(
    "--max-length-ratio",
    type=FiniteRange(1, min_open=True),
    default=2.0,
    help="Largest factor between the length ratio of a pair and that of the corpus.",
)
@click.option(
    "--max-dropped",
    type=FiniteRange(0, 1),
    default=0.5,
    help="Largest fraction of dropped pairs. If more would be dropped, nothing is written.",
)
def clean(source, target, tsv, source_column, target_column, output_prefix, dry_run, report, max_dropped, **settings):
    """Drop bad sentence pairs of a parallel corpus, and print the number and an example for each rule.

    Kept lines are written unchanged to PREFIX.en and PREFIX.de for inputs that end in .en and .de (PREFIX.source and
    PREFIX.target if the endings are equal, PREFIX.tsv with --tsv). Dropped pairs and the reasons are written to
    PREFIX.dropped.jsonl. Existing outputs are replaced.

    Wrong languages are found with the extra "clean". Memory is constant, except for 11 to 16 bytes per pair.
    """
    check_standard_output()
    inputs = _inputs(source, target, tsv)
    if output_prefix is None and not dry_run:
        raise InputError("Set --output-prefix PREFIX, or --dry-run to write nothing.")
    _check_report(report, inputs, output_prefix)
    with progress(_size(inputs[0]), "Cleaning") as bar:
        cleaned = clean_files(
            source,
            target,
            tsv=tsv,
            source_column=source_column,
            target_column=target_column,
            output_prefix=None if dry_run else output_prefix,
            settings=CleaningSettings(**settings),
            max_dropped=max_dropped,
            progress=bar.update,
        )
    if report is not None:
        write_json(report, cleaned.to_dict(), indent=2)
    print_result(str(cleaned))
    if not dry_run:
        for path in output_paths(output_prefix, *inputs):
            print_path(path)


def _inputs(source, target, tsv):
    if tsv is None and (source is None or target is None):
        raise InputError("Set --source FILE and --target FILE, or --tsv FILE.")
    if tsv is not None and (source is not None or target is not None):
        raise InputError("Set either --source and --target, or --tsv.")
    return [source, target] if tsv is None else [tsv]


def _check_report(report, inputs, output_prefix):
    """Raises an `InputError` if the report would replace an input or another output."""
    if report is None:
        return
    others = [path for pattern in inputs for path in matching_files(pattern)]
    others += [] if output_prefix is None else output_paths(output_prefix, *inputs)
    for path in others:
        if path == report or (path.exists() and report.exists() and path.samefile(report)):
            raise InputError(f"{report}: --report is an input or another output. Choose another file.")
    if report.is_dir() or not report.parent.is_dir():
        raise InputError(f"{report}: expected a file in an existing folder.")


def _size(pattern):
    """Returns the number of bytes of the files, or None if one is compressed or a pipe."""
    total = 0
    for path in matching_files(pattern):
        if path.exists() and not path.is_file():  # A pipe can be read only once.
            return None
        with opened_text(path) as file:
            size = plain_size(file)
        if size is None:
            return None
        total += size
    return total
