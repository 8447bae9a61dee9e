"""Trains a model by a recipe and writes the model folder."""

import base64
import contextlib
import itertools
import math
import os
import sys

import keras

from keras_transformer.data import text_of_pairs
from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME, held_folder
from keras_transformer.losses.chunk_rows import chunk_rows
from keras_transformer.models import build_transformer
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.moved_modules import moved_names
from keras_transformer.processes.command_process import last_words
from keras_transformer.processes.joined_processes import alone, join_processes
from keras_transformer.processes.joint_training import joint_training
from keras_transformer.processes.shared_result import result_of_first
from keras_transformer.recipes import Recipe
from keras_transformer.recipes.recipe_files import save_recipe
from keras_transformer.saving.model_files import TEST_NAMES
from keras_transformer.saving.model_folder import save_model_folder
from keras_transformer.saving.written_folder import save_pairs, save_scores
from keras_transformer.text import TextFacts, Tokenizer, Tokenizers
from keras_transformer.trainer.batch_counts_file import keep_counts, kept_counts
from keras_transformer.trainer.compiled_model import guided_heads
from keras_transformer.trainer.data_files import DATA_FILES_NAME, check_same_data_files, keep_data_files
from keras_transformer.trainer.directions import (
    finished_config,
    finished_translator,
    save_validation_pairs,
    scores_of_directions,
    tokenizers_of_training,
)
from keras_transformer.trainer.evaluation_callbacks import evaluation_callbacks
from keras_transformer.trainer.initial_model import initial_facts, initial_weights, keep_initial_model
from keras_transformer.trainer.minimum_risk_tuning import MinimumRiskTuning, tune_if_better
from keras_transformer.trainer.model_card import validation_scores, write_model_card
from keras_transformer.trainer.prepared_training import prepare_training
from keras_transformer.trainer.recipe_batches import recipe_batches
from keras_transformer.trainer.recipe_data import recipe_pairs, recipe_tokenizers, training_pairs_from
from keras_transformer.trainer.recipe_inputs import recipe_config
from keras_transformer.trainer.resumed_recipe import RECIPE_NAME
from keras_transformer.trainer.shared_recipe import check_same_recipe
from keras_transformer.trainer.streamed_text import STREAMED_TEXT_NAME, keep_streamed_text
from keras_transformer.trainer.training_checks import check_lengths, check_output, warn_of_training
from keras_transformer.trainer.training_length import total_steps
from keras_transformer.trainer.training_run import STATE_NAME, TENSORBOARD_NAME, TrainingRun
from keras_transformer.trainer.training_text import check_same_sizes
from keras_transformer.trainer.weight_choice import SCORED_PAIRS, Validation, choose_weights
from keras_transformer.translator import Translator

__getattr__ = moved_names(__name__)

# Number of validation pairs in the model folder, for the verification of exports.
_KEPT_PAIRS = 200


def train_recipe(recipe: Recipe, output: str | os.PathLike, resume: bool = False) -> Translator | None:
    """Trains a model by a recipe with `model.fit` and writes the model folder. See also `train`.

    Args:
        recipe: a `Recipe`.
        output: the model folder to write. It must not have a model yet, unless `resume` is True.
        resume: whether to continue an interrupted training. Default False.

    Returns:
        The `Translator` with the final weights, averaged if the recipe sets it. None with Keras on JAX, which does not
        support translation.

    Raises:
        InputError: an input of the recipe cannot be used (raised before any work starts), or the loss is not finite.

    Example:

    >>> from keras_transformer.trainer.train_recipe import train_recipe
    >>> translator = train_recipe(kt.recipes.load_recipe("my.toml"), "models/my")
    """
    with joint_training() as watch:
        # The text is checked before the processes are joined, which takes time.
        return train_prepared(prepare_training(recipe, output, resume), watch)


def train_prepared(prepared, watch):
    """Trains a model as `train_recipe` does.

    Args:
        prepared: a `PreparedTraining`.
        watch: the result of `joint_training`.

    Returns:
        See `train_recipe`.
    """
    recipe, output, resume, text = prepared
    if text.data is not None:
        text.pairs  # noqa: B018 (its errors are raised before any work starts)
    processes = join_processes(watch)
    with contextlib.ExitStack() as folder:
        if processes.is_first:
            folder.enter_context(held_folder(output))
            folder.enter_context(last_words(lambda: _advice_to_resume(output)))
            # Another training can have written to the folder since the first check.
            check_output(recipe, output, resume)
            if resume:
                check_same_data_files(text.files, output / CHECKPOINTS_NAME / DATA_FILES_NAME)
        keras.utils.set_random_seed(recipe.training.seed)
        check_same_recipe(recipe, resume, processes)
        files, counts = result_of_first(processes, lambda: [text.files, text.counts])
        if not processes.is_first:
            check_same_sizes(recipe.data, files)
        pairs = text.pairs if processes.is_first else recipe_pairs(recipe.data, counts)
        if processes.is_first and recipe.data.is_mixed:
            each = [
                f"{count:,} x {weight}" for count, weight in zip(counts, recipe.data.weight_of_corpora, strict=True)
            ]
            _say(f"Pairs of the corpora in an epoch: {', '.join(each)}.")
        tokenizers = _tokenizers(recipe, pairs["train"], output, resume, processes)
        recipe = recipe.with_vocabulary_size(tokenizers)
        config = recipe_config(recipe, tokenizers)
        # One number for all processes, whose machines can have different caches.
        recipe = recipe.with_loss_rows(result_of_first(processes, lambda: chunk_rows(config.target_vocabulary_size)))
        of_training = tokenizers_of_training(recipe.data, tokenizers)
        # Without a saved state, the backend can be another one, with other batches.
        has_state = resume and processes.is_first and (output / CHECKPOINTS_NAME / STATE_NAME).is_file()
        counted = kept_counts(output) if has_state else None
        is_in_memory = processes.is_first and text.streamed is None
        pairs_from = None if is_in_memory else training_pairs_from(recipe.data, counts)
        batches = recipe_batches(recipe, pairs, of_training, processes, pairs_from, counted)
        steps = total_steps(recipe.training, batches.optimizer_steps_per_epoch)
        recipe = recipe.with_schedule(steps)
        check_lengths(recipe, batches.optimizer_steps_per_epoch)
        warn_of_training(recipe.training, steps)
        if processes.is_first:
            _begin_folder(recipe, output, tokenizers, text, batches.counts, resume)
        processes.wait_for_first()  # With `held_out`, it reads the whole text for the test set.
        log_dir = output / TENSORBOARD_NAME if recipe.training.tensorboard else None
        evaluations = evaluation_callbacks(
            recipe.evaluation, pairs["validation"], of_training, log_dir, recipe.data.lowercase
        )
        weights = _initial_weights(recipe, output, resume, processes)
        run = TrainingRun(recipe, config, batches, evaluations, output, weights=weights)
        if watch:
            watch.training_begins()
        run.fit(resume)
        if not processes.is_first:
            return None
        with alone(), dtype_policy("float32"):
            trained = build_transformer(config)
            initial = initial_facts(output)
            longest = batches.longest_source
            if longest and recipe.data.directions:
                longest -= 1  # The tag.
            if initial:
                longest = max(longest, initial.longest_source) if longest and initial.longest_source else None
            directions = [*recipe.data.directions, *(initial.directions if initial and initial.directions else [])]
            heads = initial.alignment_heads if initial else None
            if recipe.data.train_alignments:
                heads = guided_heads(recipe.training, config)
            texts = TextFacts(*recipe.data.default_direction, longest, directions or None, heads)
            is_translator = keras.backend.backend() == "tensorflow"
            translator = Translator(trained, of_training, texts=texts) if is_translator else None
            validation = Validation(batches, trained, translator)
            choice = choose_weights(run, validation)

        def write_model(seconds, tuned=None):
            scores = _scores(recipe, pairs, translator, choice, tuned)
            finished = finished_config(recipe.data, config, tokenizers)
            with alone():
                save_scores(output, scores)
                write_model_card(
                    output,
                    recipe,
                    finished,
                    text,
                    parameters=trained.count_params(),
                    trained_parameters=sum(math.prod(weight.shape) for weight in run.model.trainable_variables),
                    seconds=seconds,
                    scores=scores,
                    dropped=batches.dropped,
                    initial=initial,
                )
                # Written last, because a folder with a config is a complete model.
                sides = (tokenizers.source, tokenizers.target)
                save_model_folder(output, trained, finished, *sides, texts, is_trained_here=True)

        write_model(run.seconds)
        if recipe.minimum_risk.epochs:
            # The model is in the folder already, so nothing is lost if this stage fails.
            tuning = MinimumRiskTuning(recipe, translator, pairs["train"], batches, output / CHECKPOINTS_NAME)
            seconds, tuned = tune_if_better(tuning, validation)
            write_model(run.seconds + seconds, tuned)
        with dtype_policy("float32"):
            return finished_translator(translator, finished_config(recipe.data, config, tokenizers), tokenizers)


def _scores(recipe, pairs, translator, choice, tuned):
    """Returns the content of `scores.json`, or None if nothing was scored."""
    scores = {}
    if translator and recipe.evaluation.at_end:
        _say("Translating the validation set ...")

        def score(scored):
            return validation_scores(translator, scored, recipe.evaluation.tokenize, recipe.data.lowercase)

        if recipe.data.directions and not recipe.data.held_out:
            scores = scores_of_directions(recipe.data, score, SCORED_PAIRS)
        else:
            scores = score(list(itertools.islice(text_of_pairs(pairs["validation"]), SCORED_PAIRS)))
    if choice:
        scores["weights"] = choice._asdict()
    if tuned:
        scores["minimum_risk"] = tuned._asdict()
    return scores or None


def _advice_to_resume(output):
    """Returns the line that an interrupted training prints, or None if it cannot be resumed yet."""
    if not (output / RECIPE_NAME).is_file():
        return None
    if (output / CHECKPOINTS_NAME / STATE_NAME).is_file():
        return "Interrupted. --resume continues from the last save."
    return "Interrupted before the first save. --resume starts again with the same vocabulary."


def _begin_folder(recipe, output, tokenizers, text, counts, resume):
    keep_data_files(text.files, output / CHECKPOINTS_NAME / DATA_FILES_NAME)
    keep_counts(counts, output)
    keep_streamed_text(text.streamed, output / CHECKPOINTS_NAME / STREAMED_TEXT_NAME)
    if recipe.training.init_from and not resume:
        # Before the recipe, because a training with a recipe can be resumed.
        keep_initial_model(recipe.training.init_from, output)
    save_recipe(recipe, output / RECIPE_NAME)
    tokenizers.save(output)
    save_validation_pairs(output, recipe.data, text.pairs["validation"], _KEPT_PAIRS)
    if recipe.data.held_out and not (resume and all((output / name).is_file() for name in TEST_NAMES)):
        # The test set is stored nowhere else.
        save_pairs(output, TEST_NAMES, text_of_pairs(text.pairs["test"]))


def _initial_weights(recipe, output, resume, processes):
    """Returns the weights file of the model that the training starts from, None without one or with a saved state."""
    folder = recipe.training.init_from
    if not folder or (resume and (output / CHECKPOINTS_NAME / STATE_NAME).is_file()):
        return None
    return initial_weights(folder, output, is_kept=resume or processes.is_first)


def _tokenizers(recipe, train_pairs, output, resume, processes):
    """Returns the tokenizers of the first process in every process."""

    def models():
        tokenizers = _tokenizers_of_first(recipe, train_pairs, output, resume)
        return [base64.b64encode(tokenizer.model).decode() for tokenizer in (tokenizers.source, tokenizers.target)]

    if processes.count == 1:
        return _tokenizers_of_first(recipe, train_pairs, output, resume)
    return Tokenizers(*(Tokenizer(base64.b64decode(model)) for model in result_of_first(processes, models)))


def _tokenizers_of_first(recipe, train_pairs, output, resume):
    if resume and Tokenizers.is_saved_in(output):
        kept = Tokenizers.load(output)
        from_files = recipe.vocabulary.file or recipe.vocabulary.source_file
        if from_files and recipe_tokenizers(recipe, train_pairs) != kept:
            raise InputError(
                f"[vocabulary]: {from_files} is not the vocabulary of the interrupted training. Resume with that file."
            )
        return kept
    if not recipe.training.init_from:
        _say("Learning the vocabulary ...")
    return recipe_tokenizers(recipe, train_pairs)


def _say(message):
    print(message, file=sys.stderr)
