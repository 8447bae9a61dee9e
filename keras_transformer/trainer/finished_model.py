"""Scores a trained model and writes its folder."""

import itertools
import math
import sys

import keras

from keras_transformer.data import text_of_pairs
from keras_transformer.models import build_transformer
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.processes.joined_processes import alone
from keras_transformer.saving.model_folder import save_model_folder
from keras_transformer.saving.written_folder import save_scores
from keras_transformer.text import TextFacts
from keras_transformer.trainer.compiled_model import guided_heads
from keras_transformer.trainer.directions import finished_config, scores_of_directions
from keras_transformer.trainer.initial_model import initial_facts
from keras_transformer.trainer.model_card import validation_scores, write_model_card
from keras_transformer.trainer.weight_choice import SCORED_PAIRS, Validation, choose_weights
from keras_transformer.translator import Translator


class FinishedModel:
    """The model of a finished training, with the averaged weights or those of the best epoch.

    Args:
        run: the `TrainingRun` after its `fit`.
        inputs: the `TrainingInputs`.
        text: the `TrainingText`.
        output: path of the model folder.

    Attributes:
        config: the `finished_config`.
        translator: the `Translator` of the model of the training. None on a backend that does not translate.
        validation: the `Validation` of its weights.
    """

    def __init__(self, run, inputs, text, output):
        self._run, self._inputs, self._text, self._output = run, inputs, text, output
        self.config = finished_config(inputs.recipe.data, inputs.config, inputs.tokenizers)
        with alone(), dtype_policy("float32"):
            self._model = build_transformer(inputs.config)
            self._initial = initial_facts(output)
            self._texts = _text_facts(inputs, self._initial)
            is_translator = keras.backend.backend() == "tensorflow"
            translator = Translator(self._model, inputs.text_tokenizers, texts=self._texts) if is_translator else None
            self.translator = translator
            self.validation = Validation(inputs.batches, self._model, translator)
            self._choice = choose_weights(run, self.validation)

    def write(self, seconds, tuned=None):
        """Scores the present weights and writes the model folder.

        Args:
            seconds: time of the training.
            tuned: the scores of minimum risk training, see `tune_if_better`. Default None.
        """
        scores, tokenizers = self._scores(tuned), self._inputs.tokenizers
        with alone():
            save_scores(self._output, scores)
            write_model_card(
                self._output,
                self._inputs.recipe,
                self.config,
                self._text,
                parameters=self._model.count_params(),
                trained_parameters=sum(math.prod(weight.shape) for weight in self._run.model.trainable_variables),
                seconds=seconds,
                scores=scores,
                dropped=self._inputs.batches.dropped,
                initial=self._initial,
            )
            # Written last, because a folder with a config is a complete model.
            sides = (tokenizers.source, tokenizers.target)
            save_model_folder(self._output, self._model, self.config, *sides, self._texts, is_trained_here=True)

    def _scores(self, tuned):
        """Returns the content of `scores.json`, or None if nothing was scored."""
        recipe, scores = self._inputs.recipe, {}
        if self.translator and recipe.evaluation.at_end:
            print("Translating the validation set ...", file=sys.stderr)

            def score(scored):
                return validation_scores(self.translator, scored, recipe.evaluation.tokenize, recipe.data.lowercase)

            if recipe.data.directions and not recipe.data.held_out:
                scores = scores_of_directions(recipe.data, score, SCORED_PAIRS)
            else:
                scores = score(list(itertools.islice(text_of_pairs(self._inputs.pairs["validation"]), SCORED_PAIRS)))
        if self._choice:
            scores["weights"] = self._choice._asdict()
        if tuned:
            scores["minimum_risk"] = tuned._asdict()
        return scores or None


def _text_facts(inputs, initial):
    """Returns the `TextFacts` of the training text and of that of the initial model."""
    data = inputs.recipe.data
    longest = inputs.batches.longest_source
    if longest and data.directions:
        longest -= 1  # The tag.
    if initial:
        longest = max(longest, initial.longest_source) if longest and initial.longest_source else None
    directions = [*data.directions, *(initial.directions if initial and initial.directions else [])]
    heads = initial.alignment_heads if initial else None
    if data.train_alignments:
        heads = guided_heads(inputs.recipe.training, inputs.config)
    return TextFacts(*data.default_direction, longest, directions or None, heads)
