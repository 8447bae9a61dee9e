"""The trainings of the comparisons of techniques: small models, which a later run of the same script uses again."""

import argparse
import pathlib
import sys

import keras_transformer as kt
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json, write_text
from keras_transformer.metrics.text_scores import corpus_scores

TRAINING = {"learning_rate": 0.003, "decay": "linear"}
MODEL = {"preset": "tiny", "dropout": 0.2, "normalize_first": True}


def make_parser(description, name, data_help="folder that has multi30k/tok", steps=1000):
    """Returns a parser with the options that all comparisons have.

    Args:
        description: the docstring of the script.
        name: name of the folder of its models in `models`.
        data_help: the description of the argument DATA.
        steps: default number of optimizer steps.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", type=_resolved, help=data_help)
    output = f"models/{name}"
    parser.add_argument("--output", type=_resolved, default=output, help=f"folder of the models [default: {output}]")
    parser.add_argument("--steps", type=int, default=steps, help=f"optimizer steps of a model [default: {steps}]")
    parser.add_argument("--batch-tokens", type=int, default=1024, help="tokens of a step [default: 1024]")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="[default: 1 2]")
    return parser


def _resolved(path):
    return pathlib.Path(path).resolve()


def begin(options, **more):
    """Makes the output folder. Ends the program if it has the results of other settings.

    Args:
        options: the parsed options of `make_parser`.
        **more: other settings that the models depend on.
    """
    settings = {"steps": options.steps, "batch_tokens": options.batch_tokens, **more}
    file = options.output / "settings.json"
    options.output.mkdir(parents=True, exist_ok=True)
    # Models without settings are those of another program.
    before = read_json(file) if file.is_file() else {} if any(options.output.iterdir()) else settings
    if before != settings:
        sys.exit(f"{options.output}: the folder has models of {before or 'unknown settings'}. Choose another --output.")
    write_json(file, settings)


def with_steps(options, steps):
    """Returns the options with another number of steps."""
    return argparse.Namespace(**{**vars(options), "steps": steps})


def trained(name, data, seed, options, vocabulary=None, model=None, **training):
    """Trains a model, continues its training, or loads it if it is finished.

    Args:
        name: name of its folder.
        data: the `[data]` section.
        seed: seed of the training.
        options: the parsed options of `make_parser`.
        vocabulary: the `[vocabulary]` section. Default: 4,000 tokens.
        model: keys of the `[model]` section that differ from `MODEL`.
        **training: other keys of the `[training]` section. With `init_from`, model and vocabulary are taken from there.

    Returns:
        The `Translator`.
    """
    folder = options.output / name
    if (folder / "model.weights.h5").is_file():
        return kt.Translator.load(folder)
    size = {"steps": options.steps, "batch_tokens": options.batch_tokens, "seed": seed}
    sections = {"data": data, "training": {**TRAINING, **size, **training}, "evaluation": {"at_end": False}}
    if "init_from" not in training:
        sections |= {"vocabulary": vocabulary or {"size": 4000}, "model": MODEL | (model or {})}
    print(f"{name}: training", file=sys.stderr, flush=True)
    recipe = kt.recipes.recipe_from_dict(sections)
    return kt.train(recipe, folder, resume=(folder / "recipe.toml").is_file())


def bleu(translator, sources, references, **search):
    """Returns the BLEU of translations of tokenized text, with two decimals."""
    scores = corpus_scores(translator.translate(sources, **search), references, "none", False, ("bleu",))
    return f"{scores['bleu']:.2f}"


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def write_lines(path, lines):
    """Writes lines to a file, whole or not at all, and returns its path as a string."""
    write_text(path, "".join(f"{line}\n" for line in lines))
    return str(path)


def multi30k(options):
    """Returns a function from a name, such as "val.en", to the path of that tokenized file of Multi30k."""
    return lambda name: options.data / "multi30k" / "tok" / name


def sides_of(text, name, source="en", target="de"):
    """Returns the paths of the source and the target of a split of Multi30k, such as "val"."""
    return text(f"{name}.{source}"), text(f"{name}.{target}")


def lines_of_test(text, source="en", target="de"):
    """Returns the sources and the references of the test set of Multi30k, two lists."""
    return tuple(map(lines_of, sides_of(text, "test_2016_flickr", source, target)))


def pair_keys(split, source, target):
    """Returns the keys of a split of the `[data]` section for the files of its source and its target."""
    return {f"{split}_source": str(source), f"{split}_target": str(target)}
