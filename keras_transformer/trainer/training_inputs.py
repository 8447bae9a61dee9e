"""Text, vocabulary and batches of a training. They are the same in every process."""

import base64
import sys
from typing import NamedTuple

from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME, STATE_NAME
from keras_transformer.losses.chunk_rows import chunk_rows
from keras_transformer.models import TransformerConfig
from keras_transformer.processes.shared_result import result_of_first
from keras_transformer.recipes import Recipe
from keras_transformer.text import Tokenizer, Tokenizers
from keras_transformer.trainer.batch_counts_file import kept_counts
from keras_transformer.trainer.directions import tokenizers_of_training
from keras_transformer.trainer.recipe_batches import RecipeBatches, recipe_batches
from keras_transformer.trainer.recipe_data import recipe_pairs, recipe_tokenizers, training_pairs_from
from keras_transformer.trainer.recipe_inputs import recipe_config
from keras_transformer.trainer.training_checks import check_lengths, warn_of_training
from keras_transformer.trainer.training_length import total_steps
from keras_transformer.trainer.training_text import check_same_sizes


class TrainingInputs(NamedTuple):
    """Text, vocabulary and batches of a training.

    Args:
        recipe: the `Recipe`, with the defaults that depend on text and vocabulary.
        config: the `TransformerConfig` of the training.
        pairs: the sentence pairs by split, see `recipe_pairs`.
        tokenizers: the `Tokenizers` of the model.
        text_tokenizers: the `Tokenizers` of the training text, see `tokenizers_of_training`.
        batches: the `RecipeBatches`.
    """

    recipe: Recipe
    config: TransformerConfig
    pairs: dict
    tokenizers: Tokenizers
    text_tokenizers: Tokenizers
    batches: RecipeBatches


def training_inputs(prepared, processes):
    """Learns or loads the vocabulary, and makes the batches.

    Args:
        prepared: the `PreparedTraining`.
        processes: the `Processes`.

    Returns:
        `TrainingInputs`.

    Raises:
        InputError: the text differs between processes, or no batch is left.
    """
    recipe, output, resume, text = prepared
    files, counts = result_of_first(processes, lambda: [text.files, text.counts])
    if not processes.is_first:
        check_same_sizes(recipe.data, files)
    pairs = text.pairs if processes.is_first else recipe_pairs(recipe.data, counts)
    if processes.is_first and recipe.data.is_mixed:
        each = [f"{count:,} x {weight}" for count, weight in zip(counts, recipe.data.weight_of_corpora, strict=True)]
        _say(f"Pairs of the corpora in an epoch: {', '.join(each)}.")
    tokenizers = _tokenizers(recipe, pairs["train"], output, resume, processes)
    recipe = recipe.with_vocabulary_size(tokenizers)
    config = recipe_config(recipe, tokenizers)
    # One number for all processes, whose machines can have different caches.
    recipe = recipe.with_loss_rows(result_of_first(processes, lambda: chunk_rows(config.target_vocabulary_size)))
    text_tokenizers = tokenizers_of_training(recipe.data, tokenizers)
    # Without a saved state, the backend can be another one, with other batches.
    has_state = resume and processes.is_first and (output / CHECKPOINTS_NAME / STATE_NAME).is_file()
    counted = kept_counts(output) if has_state else None
    is_in_memory = processes.is_first and text.streamed is None
    pairs_from = None if is_in_memory else training_pairs_from(recipe.data, counts)
    batches = recipe_batches(recipe, pairs, text_tokenizers, processes, pairs_from, counted)
    steps = total_steps(recipe.training, batches.optimizer_steps_per_epoch)
    recipe = recipe.with_schedule(steps)
    check_lengths(recipe, batches.optimizer_steps_per_epoch)
    warn_of_training(recipe.training, steps)
    return TrainingInputs(recipe, config, pairs, tokenizers, text_tokenizers, batches)


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
