import functools
import pathlib
import sys

import click

from keras_transformer.cli.corpus_progress import CorpusProgress
from keras_transformer.cli.direction_options import direction_options, read_files
from keras_transformer.cli.finite_range import FiniteRange
from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly
from keras_transformer.cli.search_checks import check_search
from keras_transformer.cli.search_options import SETTING_NAMES, rule_options, search_options, search_settings
from keras_transformer.cli.standard_output import check_standard_output, print_path
from keras_transformer.corpus_translation.job import Job
from keras_transformer.corpus_translation.ray_settings import RaySettings
from keras_transformer.corpus_translation.translate_corpus import translate_corpus as translate_shards
from keras_transformer.errors import InputError, check_installed
from keras_transformer.text.glossary import Glossary

_PATH = click.Path(path_type=pathlib.Path)


@click.command(name="translate-corpus")
@click.argument("models", metavar="MODEL [MODEL]...", nargs=-1, required=True, type=_PATH)
@click.argument("pattern", metavar="INPUT_GLOB", type=click.Path())
@click.argument("output", metavar="OUTPUT_DIR", type=_PATH)
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="This process, or workers of Ray.")
@click.option("--workers", type=click.IntRange(1), help="Workers of Ray, each with one model  [default: 1]")
@click.option("--cpus-per-worker", type=click.IntRange(1), help="CPUs of each worker  [default: 1]")
@click.option("--gpus-per-worker", type=FiniteRange(0), help="GPUs of each worker  [default: 0]")
@click.option("--ray-address", help="Ray cluster, such as auto or HOST:6379  [default: a new one on this machine]")
@click.option("--source-column", help="Column of the texts: a number for tab-separated text, a name for Parquet.")
@click.option("--target-column", default=Job.target_column, help="New column of Parquet files.")
@click.option("--window", type=click.IntRange(1), default=Job.window, help="Lines that are sorted by length together.")
@click.option("--split-sentences", is_flag=True, help="Translate each line sentence by sentence.")
@click.option("--glossary", type=_PATH, help="Tab-separated terms and their required translations.")
@direction_options
@rule_options
@search_options
def translate_corpus(
    models, pattern, output, engine, workers, cpus_per_worker, gpus_per_worker, ray_address, glossary, **settings
):
    """Translate the files of a corpus with MODEL, and write files with the same names to OUTPUT_DIR.

    INPUT_GLOB is a quoted pattern, such as 'corpus/*.gz'; ** matches nested folders. Files are plain or compressed
    text, one text per line; tab-separated text (.tsv), or Parquet, both with the translation as a further column.
    Each output has as many lines as its input. It gets its name when it is complete.

    Run the command again to continue an interrupted job. Finished files are skipped. At the end, OUTPUT_DIR has
    _manifest.json and _SUCCESS.

    Several models with the same vocabulary are an ensemble. The options of the search are those of `translate`. With
    --sample, the translation of a line depends on the line and --seed alone.
    """
    check_standard_output()
    given = {"workers": workers, "cpus": cpus_per_worker, "gpus": gpus_per_worker, "address": ray_address}
    given = {name: value for name, value in given.items() if value is not None}
    if given and engine != "ray":
        raise InputError("--workers, --cpus-per-worker, --gpus-per-worker and --ray-address need --engine ray.")
    if engine == "ray":
        check_installed("ray", extra="ray")
    search = search_settings(n_best=None, **{name: settings.pop(name) for name in SETTING_NAMES})
    if glossary and glossary.is_fifo():
        raise InputError(f"{glossary}: expected a file, because the glossary is read several times. Received: a pipe.")
    terms = glossary and Glossary.load(glossary)
    _check_quoted(models)
    files = read_files(models, settings["source_language"], settings["target_language"])
    check_search(files, search, settings["split_sentences"], terms)
    settings |= {name: getattr(search, name) for name in SETTING_NAMES}
    job = Job(**settings, glossary=glossary and str(glossary.resolve()))
    ray = RaySettings(**given) if engine == "ray" else None
    prepare = functools.partial(import_tensorflow_quietly, threads=1 if engine == "local" else None)
    with CorpusProgress() as progress:
        run = translate_shards(models, pattern, output, job, ray, progress, prepare)
    print(
        f"Translated {run['shards']} shards, {run['lines']:,} lines in {run['seconds']:.1f} s"
        + (f", {run['lines_per_second']:.1f} lines/s." if run["shards"] else "."),
        file=sys.stderr,
    )
    print_path(output)


def _check_quoted(models):
    """Raises an `InputError` if the shell has expanded the pattern to several files."""
    for path in models[1:]:
        if path.is_file():
            raise InputError(
                f"{path}: expected a model folder, but it is a file. Quote the pattern of the corpus, such as "
                "'corpus/*.gz'."
            )
