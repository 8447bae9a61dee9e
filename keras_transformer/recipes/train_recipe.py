import contextlib
import itertools
import pathlib
import sys
import time

import keras

from keras_transformer import model_folder
from keras_transformer.callbacks import (
    EpochCheckpoints,
    LearningRate,
    StopAfterSteps,
    StopOnNonFiniteLoss,
    TokensPerSecond,
)
from keras_transformer.data import count_batches, token_batches
from keras_transformer.errors import InputError
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models import build_transformer
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.recipes.evaluation_callbacks import evaluation_callbacks
from keras_transformer.recipes.history import HISTORY_NAME, drop_epochs
from keras_transformer.recipes.model_card import write_model_card
from keras_transformer.recipes.recipe_data import check_recipe_files, recipe_pairs, recipe_tokenizers, text_of_pairs
from keras_transformer.recipes.recipe_files import load_recipe, save_recipe
from keras_transformer.schedules import WarmupSchedule
from keras_transformer.translator import Translator

RECIPE_NAME = "recipe.toml"
CHECKPOINTS_NAME = "checkpoints"
# Validation pairs that the model folder holds, for the proof of an export.
_KEPT_PAIRS = 200
# What `--resume` takes from the checkpoint, so that it cannot be changed on the way.
_FIXED_SECTIONS = ("data", "vocabulary", "model")
_FIXED_TRAINING_KEYS = {"label_smoothing", "clip_norm", "precision"}


def train_recipe(recipe, output, resume=False):
    """Trains a model with `model.fit` as the recipe says and writes the model folder.

    Args:
        recipe: a `Recipe`.
        output: the model folder to write; it must not hold a model yet, unless `resume`.
        resume: whether to go on after the last whole epoch of an interrupted training. Default False.

    Returns:
        The `Translator` with the trained (and, where the recipe says so, averaged) weights.

    Raises:
        InputError: something the recipe names cannot be used (before any work starts), or the loss is not finite.

    Example:

    >>> translator = train_recipe(load_recipe("phrases.toml"), "models/phrases")
    """
    output = pathlib.Path(output)
    _check_output(recipe, output, resume)
    check_recipe_files(recipe.data, recipe.vocabulary)
    keras.utils.set_random_seed(recipe.training.seed)
    pairs = recipe_pairs(recipe.data)
    tokenizers = _tokenizers(recipe, pairs["train"], output, resume)
    config = _config(recipe, *tokenizers)
    batches, steps_per_epoch = _batches(recipe, pairs, tokenizers)

    output.mkdir(parents=True, exist_ok=True)
    save_recipe(recipe, output / RECIPE_NAME)
    model_folder.save_tokenizers(output, *tokenizers)
    model_folder.save_validation_pairs(output, list(itertools.islice(text_of_pairs(pairs["validation"]), _KEPT_PAIRS)))
    checkpoints = EpochCheckpoints(output / CHECKPOINTS_NAME, keep=recipe.training.average_checkpoints)
    model, epochs_done = _restored_model(recipe, config, checkpoints) if resume else (None, 0)
    model = model or _compiled_model(recipe, config)
    drop_epochs(output / HISTORY_NAME, epochs_done)
    started = time.time()
    epochs = recipe.training.epochs or -(-recipe.training.steps // steps_per_epoch)
    evaluations = evaluation_callbacks(recipe.evaluation, pairs["validation"], tokenizers)
    _fit(model, batches, epochs, epochs_done, _callbacks(recipe, evaluations, checkpoints, output, epochs_done))
    minutes = None if resume else (time.time() - started) / 60

    with dtype_policy("float32"):
        averaged = build_transformer(config)
    checkpoints.average(averaged, recipe.training.average_checkpoints)
    translator = Translator(averaged, *tokenizers)
    write_model_card(output, recipe, config, minutes)
    translator.save(output)
    return translator


def _check_output(recipe, output, resume):
    if not resume:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise InputError(
                f"{output} exists already and is not overwritten; choose another --output, or go on with --resume."
            )
        return
    if not (output / RECIPE_NAME).is_file():
        raise InputError(f"{output}: there is no interrupted training to resume; start it without --resume.")
    before = load_recipe(output / RECIPE_NAME)
    changed = [f"[{name}]" for name in _FIXED_SECTIONS if getattr(before, name) != getattr(recipe, name)]
    if before.training.model_dump(include=_FIXED_TRAINING_KEYS) != recipe.training.model_dump(
        include=_FIXED_TRAINING_KEYS
    ):
        changed.append("[training]")
    if changed:
        raise InputError(
            f"{output}: {changed[0]} of the recipe is not what the interrupted training had (see "
            f"{output / RECIPE_NAME}); resume with the same recipe."
        )


def _tokenizers(recipe, train_pairs, output, resume):
    if resume and model_folder.has_tokenizers(output):
        return model_folder.load_tokenizers(output)
    _say("Learning the vocabulary ...")
    return recipe_tokenizers(recipe, train_pairs)


def _config(recipe, source_tokenizer, target_tokenizer):
    two_vocabularies = source_tokenizer.model != target_tokenizer.model
    return recipe.model_config_of(
        source_tokenizer.vocabulary_size, target_tokenizer.vocabulary_size if two_vocabularies else None
    )


def _batches(recipe, pairs, tokenizers):
    """Batches by split and the number of training batches of an epoch."""

    def make(split, **arguments):
        return token_batches(
            pairs[split],
            *tokenizers,
            batch_tokens=recipe.training.batch_tokens,
            max_length=recipe.data.max_length,
            **arguments,
        )

    train = {"shuffle": True, "seed": recipe.training.seed, "sampling": recipe.vocabulary.sampling}
    _say("Counting the batches ...")
    wanted_steps = recipe.training.steps_per_epoch
    steps_per_epoch, padding = _count("train", make("train", steps_per_epoch=wanted_steps, **train))
    validation_steps, _ = _count("validation", make("validation"))
    _say(f"{steps_per_epoch:,} batches an epoch, {padding:.1%} of their tokens are padding.")
    batches = {
        "train": make("train", steps_per_epoch=steps_per_epoch, **train),
        "validation": make("validation", steps_per_epoch=validation_steps),
    }
    return batches, steps_per_epoch


def _count(split, batches):
    try:
        return count_batches(batches)
    except InputError as error:
        raise InputError(f"{split} data: {error}") from None


def _schedule(training, config):
    rate = {"peak": training.learning_rate} if training.learning_rate else {"hidden_dim": config.hidden_dim}
    return WarmupSchedule(warmup_steps=training.warmup_steps, **rate)


def _compiled_model(recipe, config):
    training = recipe.training
    with dtype_policy("float32" if training.precision == "float32" else f"mixed_{training.precision}"):
        model = build_transformer(config)
    optimizer = keras.optimizers.Adam(
        _schedule(training, config),
        beta_2=0.98,
        epsilon=1e-9,
        global_clipnorm=training.clip_norm,
    )
    model.compile(
        optimizer,
        loss=SmoothedCrossEntropy(training.label_smoothing),
        metrics=[Perplexity(), TokenAccuracy()],
        # Batches come in many shapes, and XLA would compile the step anew for each.
        jit_compile=False,
    )
    return model


def _restored_model(recipe, config, checkpoints):
    """The model of the last checkpoint, with the rate that the recipe has now, and the number of its epochs."""
    model, epochs_done = checkpoints.restore()
    if model is not None:
        _say(f"Going on after epoch {epochs_done}.")
        model.optimizer.learning_rate = _schedule(recipe.training, config)
    return model, epochs_done


def _callbacks(recipe, evaluations, checkpoints, output, epochs_done):
    """All callbacks in their order: the history reads what evaluations add to the logs, and the checkpoints come last,
    so that an epoch that counts as done has its row in the history."""
    history = keras.callbacks.CSVLogger(output / HISTORY_NAME, append=epochs_done > 0)
    callbacks = [StopOnNonFiniteLoss(), TokensPerSecond(), LearningRate(), *evaluations, history, checkpoints]
    return [*callbacks, StopAfterSteps(recipe.training.steps)] if recipe.training.steps else callbacks


def _fit(model, batches, epochs, epochs_done, callbacks):
    try:
        # Keras prints its progress to standard output, which is for results.
        with contextlib.redirect_stdout(sys.stderr):
            model.fit(
                batches["train"],
                validation_data=batches["validation"],
                epochs=epochs,
                initial_epoch=epochs_done,
                callbacks=callbacks,
                shuffle=False,  # The batches are shuffled already.
                verbose=1 if sys.stderr.isatty() else 2,
            )
    except KeyboardInterrupt:
        _say("Interrupted; --resume goes on after the last whole epoch.")
        raise
    finally:
        for callback in callbacks:
            if isinstance(callback, keras.callbacks.CSVLogger):
                callback.on_train_end()  # Keras leaves its file open when training fails.


def _say(message):
    print(message, file=sys.stderr)
