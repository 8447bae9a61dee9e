"""From a recipe to a model folder: the whole way of a training."""

import base64
import contextlib
import itertools
import os
import pathlib
import sys

import keras

from keras_transformer.data import text_of_pairs
from keras_transformer.errors import InputError, check_installed
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME, LOCK_NAME, held_folder
from keras_transformer.files.whole_files import is_leftover
from keras_transformer.metrics.text_scores import check_tokenizer
from keras_transformer.models import build_transformer
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.processes.command_process import last_words
from keras_transformer.processes.joined_processes import alone, join_processes
from keras_transformer.processes.process_variables import is_first_process
from keras_transformer.processes.shared_result import result_of_first
from keras_transformer.recipes.recipe_files import FILE_KEYS, load_recipe, save_recipe
from keras_transformer.saving import model_folder
from keras_transformer.saving.tokenizer_files import has_tokenizers, load_tokenizers, save_tokenizers
from keras_transformer.text import TextFacts, Tokenizer
from keras_transformer.trainer.data_files import check_same_data_files, keep_data_files
from keras_transformer.trainer.evaluation_callbacks import evaluation_callbacks
from keras_transformer.trainer.memory_check import check_memory
from keras_transformer.trainer.minimum_risk_tuning import MinimumRiskTuning
from keras_transformer.trainer.model_card import validation_scores, write_model_card
from keras_transformer.trainer.recipe_batches import recipe_batches
from keras_transformer.trainer.recipe_data import check_recipe_files, recipe_config, recipe_pairs, recipe_tokenizers
from keras_transformer.trainer.training_run import TENSORBOARD_NAME, TrainingRun, total_epochs, total_steps
from keras_transformer.trainer.training_text import TrainingText, check_same_sizes, read_training_text
from keras_transformer.trainer.weight_choice import SCORED_PAIRS, Validation, choose_weights
from keras_transformer.translator import Translator

RECIPE_NAME = "recipe.toml"
# Validation pairs that the model folder holds, for the proof of an export.
_KEPT_PAIRS = 200
DATA_FILES_NAME = "data.json"
# What may change when a training is resumed; all else would not be the same training. [minimum_risk] follows it.
_FREE_KEYS = {
    # The content of the files is compared by itself, wherever they are.
    "data": {"homepage", "license", "source_language", "target_language", *FILE_KEYS["data"]},
    "vocabulary": {*FILE_KEYS["vocabulary"]},
    "model": set(),
    "training": {
        "epochs",
        "steps",
        "learning_rate",
        "adam_lr_ratio",
        "warmup_steps",
        "decay",
        "average_checkpoints",
        "average_of",
        "save_every",
        "tensorboard",
    },
}


def train_recipe(recipe, output, resume=False):
    """Trains a model with `model.fit` as the recipe says and writes the model folder.

    Args:
        recipe: a `Recipe`.
        output: the model folder to write; it must not hold a model yet, unless `resume`.
        resume: whether to go on where a training was interrupted. Default False.

    Returns:
        The `Translator` with the trained (and, where the recipe says so, averaged) weights; None with Keras on JAX,
        where nothing translates.

    Raises:
        InputError: something the recipe names cannot be used (before any work starts), or the loss is not finite.

    Example:

    >>> translator = train_recipe(load_recipe("phrases.toml"), "models/phrases")
    """
    output = pathlib.Path(output)
    recipe = _settled(recipe, output, resume)
    check_before_training(recipe, output, resume)
    # Before the processes are joined, which takes time: the user may have to correct the text.
    text = read_training_text(recipe.data) if is_first_process() else TrainingText(recipe_pairs(recipe.data), [])
    processes = join_processes()
    with contextlib.ExitStack() as folder:
        if processes.is_first:
            folder.enter_context(held_folder(output))
            # Another training may have written to the folder since the first look.
            _check_output(recipe, output, resume)
            if resume:
                check_same_data_files(text.files, output / CHECKPOINTS_NAME / DATA_FILES_NAME)
        keras.utils.set_random_seed(recipe.training.seed)
        pairs = text.pairs
        check_same_sizes(recipe.data, result_of_first(processes, lambda: text.files))
        tokenizers = _tokenizers(recipe, pairs["train"], output, resume, processes)
        recipe = recipe.with_vocabulary_size(tokenizers)
        config = recipe_config(recipe, *tokenizers)
        batches = recipe_batches(recipe, pairs, tokenizers, processes)
        steps = total_steps(recipe.training, batches.steps_per_epoch)
        recipe = recipe.with_schedule(steps)
        _check_lengths(recipe, batches.steps_per_epoch)
        _warn_of_training(recipe.training, steps)
        if processes.is_first:
            _begin_folder(recipe, output, tokenizers, text)
            folder.enter_context(last_words("Interrupted; --resume goes on from the last save."))
        log_dir = output / TENSORBOARD_NAME if recipe.training.tensorboard else None
        evaluations = evaluation_callbacks(
            recipe.evaluation, pairs["validation"], tokenizers, log_dir, recipe.data.lowercase
        )
        run = TrainingRun(recipe, config, batches, evaluations, output)
        run.fit(resume)
        if not processes.is_first:
            return None
        with alone(), dtype_policy("float32"):
            trained = build_transformer(config)
            choice = choose_weights(run, trained, Validation(batches))
        texts = TextFacts(recipe.data.source_language, recipe.data.target_language, batches.longest_source)
        translator = Translator(trained, *tokenizers, texts) if keras.backend.backend() == "tensorflow" else None

        def write_model(seconds, is_tuned=True):
            scores = _scores(recipe, pairs, translator, choice)
            with alone():
                model_folder.save_scores(output, scores)
                counts = (trained.count_params(), seconds, scores, batches.left_out, is_tuned)
                write_model_card(output, recipe, config, text.files, *counts)
                # Last, because a folder with a config is a model.
                model_folder.save_model_folder(output, trained, config, *tokenizers, texts)

        write_model(run.seconds, is_tuned=False)
        if recipe.minimum_risk.epochs:
            # The model is in the folder already, so that nothing is lost where this stage fails.
            tuning = MinimumRiskTuning(recipe, translator, pairs["train"], batches, output / CHECKPOINTS_NAME)
            write_model(run.seconds + tuning.tune())
        return translator


def _scores(recipe, pairs, translator, choice):
    """What `scores.json` holds; None where nothing was scored."""
    scores = {}
    if translator and recipe.evaluation.at_end:
        _say("Translating the validation set ...")
        scored = itertools.islice(text_of_pairs(pairs["validation"]), SCORED_PAIRS)
        scores = validation_scores(translator, list(scored), recipe.evaluation.tokenize, recipe.data.lowercase)
    if choice:
        scores["weights"] = choice._asdict()
    return scores or None


def check_before_training(recipe, output, resume=False, backend=None):
    """Raises what `train_recipe` would, before any work starts.

    Args:
        recipe: a `Recipe`.
        output: the model folder.
        resume: whether to go on where a training was interrupted. Default False.
        backend: Keras's backend that will train. Default: the present one.
    """
    output = pathlib.Path(output)
    recipe = _settled(recipe, output, resume)
    _check_output(recipe, output, resume)
    check_memory(recipe.model_config_of())
    check_recipe_files(recipe.data, recipe.vocabulary)
    if recipe.training.steps:
        _check_decay(recipe.training, recipe.training.steps)
    if recipe.evaluation.translates or recipe.evaluation.at_end:
        check_tokenizer(recipe.evaluation.tokenize)
    if recipe.training.tensorboard:
        check_installed("tensorboard", extra="tensorboard")
    if (backend or keras.backend.backend()) != "tensorflow":
        if recipe.evaluation.translates:
            raise InputError(
                "[evaluation] every: translating needs Keras on TensorFlow, in one process; leave it out and set "
                'monitor = "val_loss".'
            )
        if recipe.minimum_risk.epochs:
            raise InputError(
                "[minimum_risk] epochs: translating needs Keras on TensorFlow, in one process; leave it out."
            )


def _settled(recipe, output, resume):
    """The recipe with what is left to this machine written out; a resumed training keeps what it had."""
    if resume and (output / RECIPE_NAME).is_file():
        before, training, vocabulary = _recipe_of_run(output), recipe.training, recipe.vocabulary
        kept = {"precision": before.training.precision} if training.precision == "auto" else {}
        if training.warmup_steps is None:
            kept["warmup_steps"] = before.training.warmup_steps
            kept["learning_rate"] = training.learning_rate or before.training.learning_rate
        training = training.model_copy(update=kept)
        if vocabulary.is_learned:
            same = {
                key: getattr(vocabulary, key) or getattr(before.vocabulary, key) for key in ("normalization", "size")
            }
            vocabulary = vocabulary.model_copy(update=same)
        recipe = recipe.model_copy(update={"training": training, "vocabulary": vocabulary})
    return recipe.filled()


def _recipe_of_run(output):
    """The recipe of an interrupted training; one without a normalization is of a version that had none."""
    recipe = load_recipe(output / RECIPE_NAME)
    vocabulary = recipe.vocabulary
    if vocabulary.is_learned and vocabulary.normalization is None:
        vocabulary = vocabulary.model_copy(update={"normalization": "identity"})
    return recipe.model_copy(update={"vocabulary": vocabulary})


def _check_lengths(recipe, steps_per_epoch):
    """Raises for what would never come in a training of so many steps."""
    steps = total_steps(recipe.training, steps_per_epoch)
    _check_decay(recipe.training, steps)
    epochs = total_epochs(recipe.training, steps_per_epoch)
    recipe.training.check_length(epochs)
    recipe.evaluation.check_length(epochs, steps)


def _warn_of_training(training, steps):
    if training.bidirectional_epochs:
        _say(
            "Warning: [training] bidirectional_epochs is deprecated: it did not improve any measured training. Version "
            "1.0 removes it."
        )
    if 2 * training.warmup_steps > steps:
        _say(
            f"Warning: [training] warmup_steps = {training.warmup_steps:,} is more than half of the {steps:,} steps of "
            "this training, so the learning rate is too low for most of it. Leave warmup_steps out (the default is a "
            "tenth of the steps), or raise epochs."
        )


def _check_decay(training, steps):
    if training.decay != "inverse_sqrt" and steps <= (training.warmup_steps or 0):
        raise InputError(
            f"[training] decay = {training.decay!r} needs more steps than warmup_steps. Received: "
            f"warmup_steps={training.warmup_steps}, {steps} steps in all."
        )


def _begin_folder(recipe, output, tokenizers, text):
    keep_data_files(text.files, output / CHECKPOINTS_NAME / DATA_FILES_NAME)
    save_recipe(recipe, output / RECIPE_NAME)
    save_tokenizers(output, *tokenizers)
    kept = itertools.islice(text_of_pairs(text.pairs["validation"]), _KEPT_PAIRS)
    model_folder.save_pairs(output, model_folder.VALIDATION_NAMES, kept)
    if recipe.data.held_out:
        # Nobody has them anywhere else.
        model_folder.save_pairs(output, model_folder.TEST_NAMES, text_of_pairs(text.pairs["test"]))


def _check_output(recipe, output, resume):
    if not resume:
        if output.exists() and (not output.is_dir() or _is_used(output)):
            raise InputError(
                f"{output} exists already and is not overwritten; choose another --output, or go on with --resume."
            )
        parent = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise InputError(f"{output}: cannot be made, because {parent} is no folder or cannot be written to.")
        return
    if not (output / RECIPE_NAME).is_file():
        raise InputError(f"{output}: there is no interrupted training to resume; start it without --resume.")
    changed = _changed(_recipe_of_run(output), recipe)
    if changed:
        raise InputError(
            f"{output}: {changed} of the recipe is not what the interrupted training had (see "
            f"{output / RECIPE_NAME}); resume with the same recipe. What may change: {_described_free_keys()}."
        )


def _described_free_keys():
    free = [f"[{section}] {', '.join(sorted(keys))}" for section, keys in _FREE_KEYS.items() if keys]
    return "; ".join([*free, "and all of [evaluation] and [minimum_risk]"])


def _is_used(output):
    """Whether there is more in a folder than what a training leaves that is killed before it has begun."""
    left = {CHECKPOINTS_NAME, f"{CHECKPOINTS_NAME}/{LOCK_NAME}", f"{CHECKPOINTS_NAME}/{DATA_FILES_NAME}"}
    names = {str(path.relative_to(output)) for path in output.rglob("*") if not is_leftover(path)}
    return not names <= left


def _changed(before, recipe):
    """What is not as it was and must be, None where there is nothing; `recipe` is settled."""
    before = before.filled()
    for section, free in _FREE_KEYS.items():
        if not (before.vocabulary.is_learned and recipe.vocabulary.is_learned):
            # A vocabulary from a file is compared by itself.
            free = free | {"normalization"}
        keys = getattr(recipe, section).model_dump(exclude=free)
        for name, value in getattr(before, section).model_dump(exclude=free).items():
            if keys[name] != value:
                return f"[{section}] {name}"
    return None


def _tokenizers(recipe, train_pairs, output, resume, processes):
    """The tokenizers of the first process, in every process."""

    def models():
        tokenizers = _tokenizers_of_first(recipe, train_pairs, output, resume)
        return [base64.b64encode(tokenizer.model).decode() for tokenizer in tokenizers]

    if processes.count == 1:
        return _tokenizers_of_first(recipe, train_pairs, output, resume)
    source, target = result_of_first(processes, models)
    source_tokenizer = Tokenizer(base64.b64decode(source))
    return source_tokenizer, source_tokenizer if target == source else Tokenizer(base64.b64decode(target))


def _tokenizers_of_first(recipe, train_pairs, output, resume):
    if resume and has_tokenizers(output):
        kept = load_tokenizers(output)
        from_files = recipe.vocabulary.file or recipe.vocabulary.source_file
        if from_files and recipe_tokenizers(recipe, train_pairs) != kept:
            raise InputError(
                f"[vocabulary]: {from_files} is not the vocabulary that the interrupted training had; resume with that."
            )
        return kept
    _say("Learning the vocabulary ...")
    return recipe_tokenizers(recipe, train_pairs)


def _say(message):
    print(message, file=sys.stderr)
