import importlib.metadata
import os
import pathlib
import platform

import keras
import tensorflow as tf
import tomli_w

from keras_transformer.callbacks.history_rows import HISTORY_NAME, last_scores
from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.files.whole_files import write_text
from keras_transformer.generation import SearchSettings
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.recipes.recipe_files import without_folders
from keras_transformer.recipes.sections import PARTS
from keras_transformer.text.placeholder_kinds import TERM
from keras_transformer.text.target_tags import target_tag
from keras_transformer.trainer.compiled_model import guided_heads
from keras_transformer.trainer.data_files import rows_of_files
from keras_transformer.trainer.minimum_risk_tuning import TunedWeights
from keras_transformer.trainer.weight_choice import WeightChoice
from keras_transformer.version import __version__

CARD_NAME = "README.md"
# The search settings of the scores in the card: the defaults of `keras-transformer translate`.
_SEARCH = SearchSettings()
_PACKAGES = ("keras", "tensorflow", "tensorflow-text", "sentencepiece", "sacrebleu")


def write_model_card(
    path, recipe, config, text, parameters, trained_parameters, seconds, scores=None, dropped=None, initial=None
):
    """Writes the model card: use, scores, data, model and training.

    Args:
        path: the model folder, with the history.
        recipe: the `Recipe` of the run.
        config: the `TransformerConfig`.
        text: the `TrainingText`.
        parameters: number of parameters of the model.
        trained_parameters: number of parameters that were trained, including low-rank updates.
        seconds: training time in seconds.
        scores: the result of `validation_scores`, with the fields of a `WeightChoice` as `weights` and of a
            `TunedWeights` as `minimum_risk`. Default None: not scored.
        dropped: the `DroppedPairs` by split. Default None: not counted.
        initial: the `InitialFacts` of the model that the training started from. Default None.
    """
    path = pathlib.Path(path).resolve()
    history = last_scores(path / HISTORY_NAME)
    last = {name: f"{value:.4f}" for name, value in history.items() if name.startswith("val_")}
    lines = [
        f"# {path.name}",
        "",
        f"An encoder-decoder Transformer for translation, trained with keras-transformer {__version__}.",
        "",
        "## Use",
        "",
        "```sh",
        f'echo "a sentence" | keras-transformer translate {path.name}',
        "```",
        "",
        *_use_of_directions(recipe.data, path.name),
        *_placeholders(recipe.data.placeholders),
        f"Sentences of more than {config.max_length - 1} tokens are cut there.",
        "",
        "## Scores",
        "",
        *_described_scores(scores),
        *_described_history(last),
        "## Data",
        "",
        *_languages(recipe.data),
        "",
        f"License of the data: {recipe.data.license or 'not stated'}.",
        "",
        *([f"Homepage of the data: {recipe.data.homepage}", ""] if recipe.data.homepage else []),
        *_data(recipe.data, text),
        "",
        *_left_out(dropped),
        "## Model",
        "",
        *markdown_table([("", ""), ("parameters", f"{parameters:,}"), *config.to_dict().items()]),
        "",
        "## Training",
        "",
        *markdown_table([("", ""), ("epochs", int(history.get("epoch", -1)) + 1), *_run(seconds)]),
        "",
        *_alignments(recipe, config),
        *_fine_tuning(recipe.training, parameters, trained_parameters, initial),
        *_minimum_risk(recipe.minimum_risk, (scores or {}).get("minimum_risk")),
        "The recipe, with file names without folders:",
        "",
        "```toml",
        tomli_w.dumps(without_folders(recipe.as_run())).rstrip(),
        "```",
    ]
    write_text(path / CARD_NAME, "\n".join(lines) + "\n")


def validation_scores(translator, pairs, tokenize, lowercase=False):
    """Computes BLEU and chrF of the trained model on validation pairs.

    Args:
        translator: the `Translator`.
        pairs: a list of `(source, target)` strings.
        tokenize: sacreBLEU's tokenization.
        lowercase: whether case is ignored. Default False.

    Returns:
        The dictionary of `corpus_scores` with the number of `sentences`, `beam_size` and `length_penalty`.
    """
    sources, references = (list(side) for side in zip(*pairs, strict=True))
    translations = translator.translate(sources, settings=_SEARCH)
    search = {"beam_size": _SEARCH.beam_size, "length_penalty": _SEARCH.length_penalty}
    return {**corpus_scores(translations, references, tokenize, lowercase), "sentences": len(sources), **search}


def _described_scores(scores):
    weights = (scores or {}).get("weights")
    lines = [f"{WeightChoice(**weights)}", ""] if weights else []
    if not scores or "bleu" not in scores:
        return [*lines, "Its translations were not scored.", ""]
    return [
        *lines,
        f"The model on {scores['sentences']:,} validation sentences, beam size {_SEARCH.beam_size}, length "
        f"penalty {_SEARCH.length_penalty}: BLEU {scores['bleu']:.2f}, chrF {scores['chrf']:.2f} (sacreBLEU "
        f"`{scores['signature']}`).",
        "",
        *_scores_of_directions(scores.get("directions", [])),
    ]


def _scores_of_directions(directions):
    if not directions:
        return []
    rows = [("direction", "sentences", "BLEU", "chrF")]
    for scores in directions:
        source, target = (scores["direction"][side] or "not stated" for side in ("source", "target"))
        rows.append(
            (f"{source} to {target}", f"{scores['sentences']:,}", f"{scores['bleu']:.2f}", f"{scores['chrf']:.2f}")
        )
    return ["These scores are of the first direction:", "", *markdown_table(rows), ""]


def _use_of_directions(data, name):
    """Returns the description of `--target-language`, for a model of several directions."""
    if not data.directions:
        return []
    (_, first), *_ = data.directions
    others = [target for _, target in data.directions if target != first]
    return [
        f"The model translates to {' and to '.join(dict.fromkeys(target for _, target in data.directions))}. "
        f"`--target-language` selects the language, {first} by default. The model inserts its tag "
        f"`{target_tag(first)}` before the source.",
        "",
        *(
            [
                "```sh",
                f'echo "a sentence" | keras-transformer translate {name} --target-language {others[0]}',
                "```",
                "",
            ]
            if others
            else []
        ),
    ]


def _placeholders(kinds):
    """Returns the description of the placeholders."""
    patterns, lines = [kind for kind in kinds if kind != TERM], []
    if patterns:
        lines = [f"Parts of a text of these kinds are written unchanged to the translation: {', '.join(patterns)}.", ""]
    if TERM in kinds:
        lines += ["`--glossary TERMS.tsv` sets translations of terms.", ""]
    return lines


def _languages(data):
    pairs = data.directions or [(data.source_language, data.target_language)]
    if isinstance(data.source_language, list) and not data.directions:
        pairs = [(source, data.target_language) for source in data.source_language]
    each = [f"{source or 'not stated'} to {target or 'not stated'}" for source, target in dict.fromkeys(pairs)]
    return [f"Languages: {', '.join(each)}."]


def _described_history(last):
    if not last:
        return []
    what = "Validation at the end of the last epoch, before any averaging of weights:"
    return [what, "", *markdown_table([("", ""), *last.items()]), ""]


def _data(data, text):
    """Returns the tables of the files with sizes and hashes, and of the mixed corpora."""
    rows = rows_of_files(text.files)
    if data.corpus:
        embedded = [f"The embedded corpus `{data.corpus}` of keras-transformer {__version__}."]
        # The files of alignments.
        return [*embedded, "", *markdown_table([("", "file", "bytes", "SHA-256"), *rows])] if rows else embedded
    held_out = f"{data.held_out:.2%} of the pairs, split by target, are validation, and as much again test."
    corpora = [("corpus", "pairs in the file", "times in an epoch")]
    for number, (count, weight) in enumerate(zip(text.counts, data.weight_of_corpora, strict=True), start=1):
        corpora.append((number, f"{count:,}", f"{weight:,}"))
    return [
        *markdown_table([("", "file", "bytes", "SHA-256"), *rows]),
        *(["", *markdown_table(corpora)] if data.is_mixed else []),
        *(["", held_out] if data.held_out else []),
    ]


def _left_out(dropped):
    """Returns the numbers of dropped pairs by reason."""
    return [*(f"- {split}: {pairs}." for split, pairs in dropped.items()), ""] if dropped else []


def _alignments(recipe, config):
    """Returns the description of the attention that was trained to align words."""
    if not recipe.data.train_alignments:
        return []
    heads = guided_heads(recipe.training, config)
    named = f"head {heads[0][1]}" if len(heads) == 1 else "the mean of all heads"
    return [
        f"Cross-attention of decoder block {heads[0][0]}, {named}, was trained towards word alignments. `translate "
        "--alignments` reads it.",
        "",
    ]


def _fine_tuning(training, parameters, trained_parameters, initial):
    """Returns the description of the model that the training started from, and of the trained weights."""
    if not training.init_from:
        return []
    name = initial.name if initial else pathlib.Path(training.init_from).name
    digest = f", whose weights file has the SHA-256 `{initial.sha256}`" if initial else ""
    lines = [f"The training started from the model `{name}`{digest}."]
    if training.freeze:
        lines.append(f"Not trained: {', '.join(part for part in PARTS if part in training.freeze)}.")
    if training.lora_rank:
        lines.append(
            f"Low-rank updates (LoRA) of rank {training.lora_rank} of the dense layers were trained and added to the "
            "kernels."
        )
    return [" ".join(lines) + f" {trained_parameters:,} numbers were trained, the model has {parameters:,}.", ""]


def _minimum_risk(minimum_risk, tuned):
    """Returns the description of the stage `[minimum_risk]`."""
    if not minimum_risk.epochs:
        return []
    if not tuned:
        return ["The stage `[minimum_risk]` of the recipe was not completed.", ""]
    return [
        "After the training, the model learned to prefer the better of its own translations of the training text "
        "(`[minimum_risk]`). The minutes include this stage.",
        "",
        f"{TunedWeights(**tuned)}",
        "",
    ]


def _run(seconds):
    """Returns date, duration, machine and versions of the training."""
    packages = [*_PACKAGES, *(["jax"] if keras.backend.backend() == "jax" else [])]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    return [
        ("minutes", f"{seconds / 60:.1f}"),
        ("machine", f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores"),
        ("accelerators", ", ".join(_accelerators()) or "none"),
        ("versions", ", ".join([f"Python {platform.python_version()}", *versions])),
        ("backend", keras.backend.backend()),
    ]


def _accelerators():
    """Returns the names of the devices of Keras's backend, except CPUs."""
    if keras.backend.backend() == "jax":
        return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]


def _processor():
    """Returns the name of the processor, if the system provides it."""
    described = pathlib.Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
