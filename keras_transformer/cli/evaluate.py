import dataclasses
import pathlib
import time

import click

from keras_transformer.cli.direction_options import direction_options, load_translator, read_files
from keras_transformer.cli.lines import read_parallel_lines
from keras_transformer.cli.progress import progress
from keras_transformer.cli.search_options import search_options
from keras_transformer.cli.several_values import SeveralValues
from keras_transformer.cli.standard_output import check_standard_output, print_result
from keras_transformer.files.strict_json import json_text
from keras_transformer.generation import SearchSettings
from keras_transformer.metrics.text_scores import METRICS, TOKENIZERS, check_tokenizer, corpus_scores, paired_bootstrap
from keras_transformer.text.placeholder_counts import PlaceholderCounts

_LINES_PER_CHUNK = 1024


class _Metrics(click.ParamType):
    """A comma-separated list of names of metrics."""

    name = "metrics"

    def convert(self, value, param, ctx):
        names = value if isinstance(value, tuple) else tuple(name.strip().lower() for name in value.split(","))
        if not names or not set(names) <= set(METRICS):
            self.fail(f"{value!r} is not a comma-separated list of {', '.join(METRICS)}.", param, ctx)
        return names


@click.command(cls=SeveralValues, several="--reference")
@click.argument("model", type=click.Path(path_type=pathlib.Path))
@click.option("--source", required=True, type=click.Path(path_type=pathlib.Path), help="Text, one sentence per line.")
@click.option(
    "--reference",
    "references",
    required=True,
    multiple=True,
    metavar="FILE [FILE ...]",
    type=click.Path(path_type=pathlib.Path),
    help="Reference translations of the text, one or several files.",
)
@click.option("--tokenize", type=click.Choice(TOKENIZERS), default="13a", help="sacreBLEU's tokenization.")
@click.option("--lowercase", is_flag=True, help="Ignore case.")
@click.option("--metrics", type=_Metrics(), default="bleu,chrf", help="Scores to print: bleu, chrf, ter.")
@click.option(
    "--compare", type=click.Path(path_type=pathlib.Path), help="Another translation, for a paired bootstrap test."
)
@direction_options
@search_options
def evaluate(
    model,
    source,
    references,
    tokenize,
    lowercase,
    metrics,
    compare,
    source_language,
    target_language,
    **search,
):
    """Translate a text with MODEL, a model folder, and print BLEU and chrF against references, as JSON.

    With a multilingual model, the JSON has the direction.

    Use --tokenize none for a tokenised reference, such as Multi30k's task1/tok. ja-mecab and ko-mecab need an extra,
    and flores200 downloads its model.

    With --compare the JSON has `compare` with, for each metric, the `score` of the model, the score of the `other`
    translation, their 95 % confidence intervals from 1,000 resamples, and the p-value of the difference.
    """
    check_standard_output()
    if "bleu" in metrics:
        check_tokenizer(tokenize)
    sources, *references = read_parallel_lines(source, *references, *([compare] if compare else []))
    others = references.pop() if compare else None
    files = read_files(model, source_language, target_language)
    SearchSettings(beam_size=search["beam_size"], length_penalty=search["length_penalty"]).of_model(files[0].config)
    translator = load_translator(files, threads=1)
    started = time.perf_counter()
    counts = PlaceholderCounts()
    translations = _translations(translator, sources, {**search, "counts": counts})
    seconds = time.perf_counter() - started
    arguments = (references, tokenize, lowercase, metrics)
    scores = corpus_scores(translations, *arguments)
    compared = {"compare": paired_bootstrap(translations, others, *arguments)} if compare else {}
    facts = {"sentences": len(sources), "seconds": round(seconds, 3)}
    kept = {} if not translator.tokenizers.placeholder_kinds else {"placeholders": dataclasses.asdict(counts)}
    print_result(json_text({**scores, **_direction(translator), **facts, **kept, **compared}))


def _direction(translator):
    """Returns the direction of a multilingual model as a field of the JSON, or nothing for other models."""
    if (translator.config.source_prefix, translator.config.target_prefix) == (None, None):
        return {}
    return {"direction": {"source": translator.texts.source_language, "target": translator.texts.target_language}}


def _translations(translator, sources, search):
    translations = []
    with progress(len(sources), "Translating") as bar:
        for start in range(0, len(sources), _LINES_PER_CHUNK):
            chunk = sources[start : start + _LINES_PER_CHUNK]
            translations += translator.translate(chunk, **search, progress=bar.update)
    return translations
