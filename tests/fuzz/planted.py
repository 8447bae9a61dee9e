"""Bugs planted on purpose, each with the property that must catch it."""

import contextlib
import importlib
import os
import pathlib
from typing import NamedTuple

from fuzz.workers import PLANTED


class PlantedBug(NamedTuple):
    """A bug.

    Args:
        caught_by: name of the property that must fail.
        module: the module whose attribute is replaced.
        attribute: its name, with a dot if it belongs to a class.
        wrap: takes the correct attribute and returns the wrong one.
        in_artifacts: whether the artifacts of the workspace are made with the bug. Default False.
    """

    caught_by: str
    module: str
    attribute: str
    wrap: object
    in_artifacts: bool = False


def _drops_ideographic_spaces(tokenize):
    def wrong(tokenizer, texts, *arguments, **options):
        import tensorflow as tf  # noqa: PLC0415 (this file is read by processes without it)

        return tokenize(tokenizer, tf.strings.regex_replace(texts, "\u3000", ""), *arguments, **options)

    return wrong


def _translates_blank_lines(encode_source):
    def wrong(tokenizers, texts, max_length):
        import tensorflow as tf  # noqa: PLC0415

        source_ids = encode_source(tokenizers, texts, max_length)
        is_blank = tf.reduce_all(tf.equal(source_ids, 0), axis=1, keepdims=True)
        first = tf.equal(tf.range(tf.shape(source_ids)[1]), 0)[tf.newaxis]
        return tf.where(tf.logical_and(is_blank, first), 3, source_ids)

    return wrong


def _worst_first(best_of):
    def wrong(*arguments):
        import tensorflow as tf  # noqa: PLC0415

        return type(found := best_of(*arguments))(*(tf.reverse(part, [1]) for part in found))

    return wrong


def _writes_in_place(write_whole):
    def wrong(path, write):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)

    return wrong


def _drops_the_last_pair(order_of_rows):
    return lambda *arguments: order_of_rows(*arguments)[:-1]


def _drops_empty_lines(write):
    return lambda file, line, name: write(file, line, name) if line else None


def _does_nothing(function):
    return lambda *arguments: None


def _names_no_file(naming):
    return lambda path: contextlib.nullcontext()


def _hides_the_key(first_error):
    return lambda error: "a value is wrong."


PLANTED_BUGS = {
    "the tokenizer drops U+3000": PlantedBug(
        "tokenizers", "keras_transformer.text.tokenizer", "Tokenizer.tokenize", _drops_ideographic_spaces
    ),
    "the SavedModel translates blank lines": PlantedBug(
        "runtimes", "keras_transformer.text.tokenizers", "Tokenizers.encode_source", _translates_blank_lines, True
    ),
    "the search returns the worst translation first": PlantedBug(
        "search", "keras_transformer.generation.beam_search", "best_of", _worst_first
    ),
    "files are written in place": PlantedBug(
        "training-kills", "keras_transformer.files.whole_files", "write_whole", _writes_in_place
    ),
    "batching drops the last pair": PlantedBug(
        "data-files", "keras_transformer.data.pool_batches", "order_of_rows", _drops_the_last_pair
    ),
    "empty lines are dropped": PlantedBug(
        "translate-lines", "keras_transformer.cli.lines", "_write", _drops_empty_lines
    ),
    "loading skips the check of sizes": PlantedBug(
        "model-folders", "keras_transformer.saving.weights_file", "check_weights", _does_nothing
    ),
    "exports leave files of killed exports": PlantedBug(
        "export-kills", "keras_transformer.files.whole_files", "remove_leftovers", _does_nothing
    ),
    "a full disk names no file": PlantedBug(
        "small-disks", "keras_transformer.files.whole_files", "naming", _names_no_file
    ),
    "a recipe's error names no key": PlantedBug(
        "recipes", "keras_transformer.recipes.recipe_files", "_first_error", _hides_the_key
    ),
}


def plant(name):
    """Plants a bug in this process, in every module that imported the attribute."""
    bug = PLANTED_BUGS[name]
    owner = importlib.import_module(bug.module)
    *path, attribute = bug.attribute.split(".")
    for part in path:
        owner = getattr(owner, part)
    right = getattr(owner, attribute)
    wrong = bug.wrap(right)
    setattr(owner, attribute, wrong)
    for module in [*importlib.sys.modules.values()]:
        if getattr(module, "__name__", "").startswith("keras_transformer") and vars(module).get(attribute) is right:
            setattr(module, attribute, wrong)


def plant_from_environment():
    """Plants the bug that the environment names, if any."""
    if name := os.environ.get(PLANTED):
        plant(name)
