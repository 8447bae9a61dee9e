"""The stage `[minimum_risk]` after the training: the model learns from its own translations."""

import functools
import hashlib
import itertools
import shutil
import sys
import time
from typing import NamedTuple

import keras
import tensorflow as tf

from keras_transformer.data import BatchPositions, candidate_batches, count_batches, text_of_pairs
from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json, write_text
from keras_transformer.generation import SearchSettings
from keras_transformer.losses import ExpectedRisk
from keras_transformer.metrics.text_scores import SentenceQuality
from keras_transformer.processes.joined_processes import Processes
from keras_transformer.trainer.training_run import TrainingRun

FOLDER_NAME = "minimum_risk"
_START_NAME = "start.json"
_SECONDS_NAME = "seconds.json"
# Number of sentences translated between two saves.
_PART_SENTENCES = 4096
_WARMUP_PART = 0.1
# The keys on which translations and qualities depend. The other keys are for the training on them.
_TRANSLATION_KEYS = ("weights", "tokenize", "candidates", "chrf")


class TunedWeights(NamedTuple):
    """BLEU on the validation set before and after the stage `[minimum_risk]`, and the kept weights.

    Args:
        before: BLEU before the stage.
        after: BLEU after the stage.
        kept: "before" or "after".
    """

    before: float
    after: float
    kept: str

    def __str__(self):
        return (
            f"[minimum_risk]: val_bleu {self.before:.4f} before, {self.after:.4f} after. The model has the weights "
            f"{self.kept} this stage."
        )


def tune_if_better(tuning, validation):
    """Runs the stage, and restores the weights before it if their BLEU on the validation set is higher.

    Args:
        tuning: a `MinimumRiskTuning`.
        validation: a `Validation` of the same model.

    Returns:
        The time of the stage in seconds, and a `TunedWeights`.
    """
    weights, before = tuning.model.get_weights(), validation.bleu()
    seconds = tuning.tune()
    after = validation.bleu()
    if before > after:
        tuning.model.set_weights(weights)
    tuned = TunedWeights(float(before), float(after), "before" if before > after else "after")
    print(tuned, file=sys.stderr)
    return seconds, tuned


class MinimumRiskTuning:
    """The stage `[minimum_risk]` of a training. Its state is kept in a folder. It can be resumed after a kill.

    Args:
        recipe: a `Recipe`.
        translator: the `Translator` of the trained model, in float32.
        train_pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        batches: the `RecipeBatches` of the training.
        path: the folder in which the folder of the stage is created.
    """

    def __init__(self, recipe, translator, train_pairs, batches, path):
        self.recipe = recipe
        self.translator = translator
        self.model = translator.model
        self.train_pairs = train_pairs
        # Sample weights would be mistaken for qualities.
        self.validation = batches.validation.map(lambda inputs, labels, *_: (inputs, labels))
        self.folder = path / FOLDER_NAME

    def tune(self):
        """Tunes the weights of the model.

        Returns:
            The time of translating and training in seconds, including the time before interruptions.
        """
        self._begin()
        section = self.recipe.minimum_risk
        files, seconds = self._translate()
        batches = self._batches(files)
        steps = section.epochs * batches.optimizer_steps_per_epoch
        training = {
            "epochs": section.epochs,
            "steps": None,
            "accumulation_steps": 1,
            # The batches have many shapes, and each shape would be compiled.
            "jit_compile": False,
            "optimizer": "adam",
            "adam_lr_ratio": 1.0,
            "learning_rate": section.learning_rate,
            "warmup_steps": max(1, int(steps * _WARMUP_PART)),
            "decay": "linear",
            # The last weights are the best, because the learning rate ends at 0.
            "average_checkpoints": 1,
            "average_of": "last",
            "ema_momentum": None,
            "tensorboard": False,
        }
        recipe = self.recipe.model_copy(update={"training": self.recipe.training.model_copy(update=training)})
        smoothing = recipe.training.label_smoothing
        loss = ExpectedRisk(section.candidates, section.sharpness, section.cross_entropy, smoothing)
        # Set here, so that the result does not depend on when the candidates were made.
        keras.utils.set_random_seed(recipe.training.seed)
        weights = self.model.get_weights()
        run = TrainingRun(recipe, self.translator.config, batches, [], self.folder, loss, weights)
        run.fit(resume=True)
        run.give_weights(self.model)
        return seconds + run.seconds

    def _begin(self):
        """Creates the folder and removes files of another model, such as one trained for less time, or of other keys.

        Translating takes long. Translations are therefore kept if only keys of the training on them changed.
        """
        digest = hashlib.sha256()
        for weights in self.model.get_weights():
            digest.update(weights.tobytes())
        start = {
            "weights": digest.hexdigest(),
            "tokenize": self.recipe.evaluation.tokenize,
            **self.recipe.minimum_risk.model_dump(),
        }
        path = self.folder / _START_NAME
        before = read_json(path) if path.is_file() else {}
        if before == start:
            return
        if all(before.get(key) == start[key] for key in _TRANSLATION_KEYS):
            shutil.rmtree(self.folder / CHECKPOINTS_NAME, ignore_errors=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        write_json(path, start)

    def _translate(self):
        """Makes the missing files of candidates, one line per training pair.

        Returns the files and the time that was needed to make all of them, in seconds.
        """
        candidates = self.recipe.minimum_risk.candidates
        quality = SentenceQuality(
            self.recipe.evaluation.tokenize, self.recipe.minimum_risk.chrf, self.recipe.data.lowercase
        )
        settings = SearchSettings(beam_size=candidates, length_penalty=1.0, n_best=candidates)
        pairs = text_of_pairs(self.train_pairs)
        seconds_path = self.folder / _SECONDS_NAME
        seconds = read_json(seconds_path) if seconds_path.is_file() else {}
        files, num_sentences = [], 0
        while part := list(itertools.islice(pairs, _PART_SENTENCES)):
            file = self.folder / f"candidates-{len(files):06}.tsv"
            files.append(str(file))
            num_sentences += len(part)
            if file.exists():
                continue
            start = time.perf_counter()
            sources = [source for source, _ in part]
            found = self.translator.translate(sources, settings=settings)
            lines = [_line(row, reference, quality) for row, (_, reference) in zip(found, part, strict=True)]
            # Written before the file, so that the time of a file that is made again is also measured again.
            seconds[file.name] = time.perf_counter() - start
            write_json(seconds_path, seconds)
            write_text(file, "".join(line + "\n" for line in lines))
            print(f"{num_sentences:,} training sentences translated.", file=sys.stderr)
        return files, sum(seconds.values())

    def _batches(self, files):
        recipe = self.recipe
        copies = recipe.minimum_risk.candidates + 1

        def with_candidates(pair, line):
            source, reference = pair
            table = tf.reshape(tf.strings.split(line, "\t"), (copies - 1, 2))
            qualities = tf.concat([[1.0], tf.strings.to_number(table[:, 0])], axis=0)
            return source, tf.concat([[reference], table[:, 1]], axis=0), qualities

        candidates = tf.data.Dataset.zip(self.train_pairs, tf.data.TextLineDataset(files))
        stream = functools.partial(
            candidate_batches,
            candidates.map(with_candidates),
            self.translator.tokenizers,
            batch_tokens=recipe.minimum_risk.batch_tokens,
            max_length=recipe.data.max_length,
            shuffle=True,
            seed=recipe.training.seed,
        )
        try:
            steps_per_epoch, _ = count_batches(stream().map(lambda inputs, labels, _: (inputs, labels)))
        except InputError:
            raise InputError(
                f"[minimum_risk]: every training sentence has a translation longer than {recipe.data.max_length} "
                "tokens, so no training data is left. The model without this stage is in its folder. Train it for "
                "longer: --resume with more [training] epochs or steps."
            ) from None
        # A rate that rises and falls needs at least two steps.
        return _Batches(stream, max(2, steps_per_epoch), self.validation)


class _Batches:
    """The batches of the stage, with the interface that `TrainingRun` needs."""

    processes = Processes()

    def __init__(self, stream, steps_per_epoch, validation):
        self.stream = stream
        self.steps_per_epoch = self.optimizer_steps_per_epoch = steps_per_epoch
        self.validation = validation
        self.positions = BatchPositions()

    def train(self, first_step=0):
        return self.stream(steps_per_epoch=self.steps_per_epoch, first_step=first_step)


def _line(candidates, reference, quality):
    """Returns the candidates of a source as a line, each preceded by its quality."""
    # A model can generate any byte. Its output must stay in one column of one line.
    candidates = [" ".join(candidate.split()) for candidate in candidates]
    return "\t".join(f"{quality(candidate, reference):.4f}\t{candidate}" for candidate in candidates)
