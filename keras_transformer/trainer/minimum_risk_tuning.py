"""What follows the training where a recipe has `[minimum_risk]`: the model learns from its own translations."""

import functools
import hashlib
import itertools
import shutil
import sys
import time

import keras
import tensorflow as tf

from keras_transformer.data import candidate_batches, count_batches, text_of_pairs
from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json, write_text
from keras_transformer.losses import ExpectedRisk
from keras_transformer.metrics.text_scores import SentenceQuality
from keras_transformer.processes.joined_processes import Processes
from keras_transformer.trainer.training_run import TrainingRun

FOLDER_NAME = "minimum_risk"
_START_NAME = "start.json"
_SECONDS_NAME = "seconds.json"
# Sentences translated from one save to the next.
_PART_SENTENCES = 4096
_LENGTH_PENALTY = 1.0
_WARMUP_PART = 0.1
# What the translations and their qualities depend on; the other keys are those of the training on them.
_TRANSLATION_KEYS = ("weights", "tokenize", "candidates", "chrf")


class MinimumRiskTuning:
    """The stage of a training that `[minimum_risk]` asks for; all of it is kept in a folder, to go on after a kill.

    Args:
        recipe: a `Recipe`.
        translator: the `Translator` of the trained model, in float32.
        train_pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        batches: the `RecipeBatches` of the training.
        path: the folder in which its own is made.
    """

    def __init__(self, recipe, translator, train_pairs, batches, path):
        self.recipe = recipe
        self.translator = translator
        self.model = translator.model
        self.train_pairs = train_pairs
        # Weights would be taken for qualities.
        self.validation = batches.validation.map(lambda inputs, labels, *_: (inputs, labels))
        self.folder = path / FOLDER_NAME

    def tune(self):
        """Gives the model the tuned weights.

        Returns:
            How long it took, the translating and the training, in seconds; before interruptions as well.
        """
        self._begin()
        section = self.recipe.minimum_risk
        files, seconds = self._translate()
        batches = self._batches(files)
        steps = section.epochs * batches.steps_per_epoch
        training = {
            "epochs": section.epochs,
            "steps": None,
            "accumulation_steps": 1,
            # Its batches come in many shapes, each of which would be compiled.
            "jit_compile": False,
            "optimizer": "adam",
            "adam_lr_ratio": 1.0,
            "learning_rate": section.learning_rate,
            "warmup_steps": max(1, int(steps * _WARMUP_PART)),
            "decay": "linear",
            # The last weights, at a rate of 0, are the best.
            "average_checkpoints": 1,
            "average_of": "last",
            "ema_momentum": None,
            "tensorboard": False,
        }
        recipe = self.recipe.model_copy(update={"training": self.recipe.training.model_copy(update=training)})
        smoothing = recipe.training.label_smoothing
        loss = ExpectedRisk(section.candidates, section.sharpness, section.cross_entropy, smoothing)
        # Here, so that it makes no difference whether the candidates were made just now or before.
        keras.utils.set_random_seed(recipe.training.seed)
        run = TrainingRun(recipe, self.translator.config, batches, [], self.folder, loss)
        run.model.set_weights(self.model.get_weights())
        run.fit(resume=True)
        run.give_weights(self.model)
        return seconds + run.seconds

    def _begin(self):
        """Makes the folder; what is there of another model, such as one trained less, or of other keys is removed.

        Translating takes long, so that translations stay where only keys of the training on them changed.
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
        """The files of candidates, a line for each training pair, and the seconds it took to make them; those that are
        there are not made again.
        """
        candidates = self.recipe.minimum_risk.candidates
        quality = SentenceQuality(
            self.recipe.evaluation.tokenize, self.recipe.minimum_risk.chrf, self.recipe.data.lowercase
        )
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
            found = self.translator.translate(sources, candidates, _LENGTH_PENALTY, n_best=candidates)
            lines = [_line(row, reference, quality) for row, (_, reference) in zip(found, part, strict=True)]
            # Before the file itself: what is made anew is then counted anew.
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
            self.translator.source_tokenizer,
            self.translator.target_tokenizer,
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
                "tokens, so nothing is left to learn from. The model without this stage is in its folder. Train it "
                "for longer: --resume with more [training] epochs or steps."
            ) from None
        # A rate that rises and falls takes two steps.
        return _Batches(stream, max(2, steps_per_epoch), self.validation)


class _Batches:
    """What `TrainingRun` asks of batches."""

    processes = Processes()

    def __init__(self, stream, steps_per_epoch, validation):
        self.stream = stream
        self.steps_per_epoch = self.batches_per_epoch = steps_per_epoch
        self.validation = validation

    def train(self, first_step=0):
        return self.stream(steps_per_epoch=self.steps_per_epoch, first_step=first_step)


def _line(candidates, reference, quality):
    """The candidates of one source, each behind its quality."""
    # A model can spell any byte; what it wrote stays one column of one line.
    candidates = [" ".join(candidate.split()) for candidate in candidates]
    return "\t".join(f"{quality(candidate, reference):.4f}\t{candidate}" for candidate in candidates)
