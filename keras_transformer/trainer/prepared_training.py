"""Checks a training and reads its text, without Keras and TensorFlow."""

import pathlib
from typing import NamedTuple

from keras_transformer.files.folder_lock import CHECKPOINTS_NAME
from keras_transformer.processes.process_variables import is_first_process
from keras_transformer.recipes import Recipe
from keras_transformer.trainer.resumed_recipe import settled_recipe
from keras_transformer.trainer.streamed_text import STREAMED_TEXT_NAME, read_streamed_text
from keras_transformer.trainer.training_checks import check_before_training
from keras_transformer.trainer.training_text import TrainingText, read_training_text


class PreparedTraining(NamedTuple):
    """A checked training.

    Args:
        recipe: the `Recipe`, with the defaults of this machine.
        output: the model folder to write.
        resume: whether an interrupted training is continued.
        text: the `TrainingText`.
    """

    recipe: Recipe
    output: pathlib.Path
    resume: bool
    text: TrainingText


def prepare_training(recipe, output, resume=False):
    """Raises the errors of a training that can be detected before any work starts, and reads its text.

    Args:
        recipe, output, resume: see `train_recipe`.

    Returns:
        A `PreparedTraining`.

    Raises:
        InputError: an input of the recipe cannot be used.
    """
    output = pathlib.Path(output)
    recipe = settled_recipe(recipe, output, resume)
    check_before_training(recipe, output, resume)
    before = read_streamed_text(output / CHECKPOINTS_NAME / STREAMED_TEXT_NAME) if resume else None
    text = read_training_text(recipe.data, before=before) if is_first_process() else TrainingText()
    return PreparedTraining(recipe, output, resume, text)
