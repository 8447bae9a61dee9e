"""The models and artifacts that all properties share, made once by `python -m fuzz.workspace FOLDER`."""

import contextlib
import pathlib
import sys

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

import keras
import tensorflow as tf

from fuzz.planted import plant_from_environment
from fuzz.texts import LINES
from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.errors import InputError
from keras_transformer.export import get_exporter
from keras_transformer.generation import SearchSettings
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.saving.model_files import VALIDATION_NAMES
from keras_transformer.saving.written_folder import save_pairs
from keras_transformer.text import Tokenizer, learn_vocabulary
from keras_transformer.translator import Translator

MAX_LENGTH = 24
STEPS = 150
# Beam sizes by model. The first has a shared vocabulary of unigrams, the second has two of byte pairs.
MODELS = {"shared": 3, "two": 1}
_FIELDS = {
    "num_encoder_layers": 1,
    "num_decoder_layers": 1,
    "hidden_dim": 16,
    "intermediate_dim": 24,
    "num_heads": 2,
    "dropout": 0.0,
    "max_length": MAX_LENGTH,
}
_PAIRS = [(line, line[::-1]) for line in LINES[:8]]


class Workspace:
    """The folder of the shared models and artifacts.

    Args:
        folder: the folder that `make_workspace` filled.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def model(self, name):
        return self.folder / name

    def artifact(self, name, kind):
        """The artifact of a model, or None if the format does not support the model."""
        path = (
            self.folder
            / "artifacts"
            / {
                "saved_model": f"{name}/1",
                "tflite": f"{name}.tflite",
                "tflite_text": f"{name}-text.tflite",
                "ctranslate2": f"{name}-ctranslate2",
            }.get(kind)
        )
        return path if path.exists() else None

    @property
    def tokenizer_files(self):
        """The SentencePiece models by name."""
        return {path.stem: path for path in sorted((self.folder / "tokenizers").glob("*.model"))}

    @property
    def saved_tokenizers(self):
        """The SavedModel with all tokenizers."""
        return self.folder / "saved_tokenizers"


def make_workspace(folder):
    """Makes tokenizers, models and artifacts."""
    folder = pathlib.Path(folder)
    tokenizers = make_tokenizers()
    (folder / "tokenizers").mkdir(parents=True)
    for name, tokenizer in tokenizers.items():
        tokenizer.save(folder / "tokenizers" / f"{name}.model")
    save_tokenizers(tokenizers, folder / "saved_tokenizers")
    for name, pair in {"shared": ["unigram"] * 2, "two": ["bpe", "bpe_target"]}.items():
        translator = small_translator(*(tokenizers[each] for each in pair), normalize_first=name == "shared")
        translator.save(folder / name)
        save_pairs(folder / name, VALIDATION_NAMES, _PAIRS)
        export_everything(translator, folder / "artifacts", name, MODELS[name])


def make_tokenizers():
    """Tokenizers of every kind that `learn_vocabulary` makes, by name."""
    size = len(set("".join(LINES))) + 310
    made = {
        "unigram": learn_vocabulary(LINES, size),
        "bpe": learn_vocabulary(LINES, size + 40, model_type="bpe", normalization="identity"),
        "bpe_target": learn_vocabulary([line[::-1] for line in LINES], size, model_type="bpe"),
        "lowercase": learn_vocabulary(LINES, size, lowercase=True),
        "symbols": learn_vocabulary(LINES, size, user_defined_symbols=("<2de>", "🙂"), split_digits=True),
    }
    for rule in ("identity", "nfkc", "nmt_nfkc_cf"):
        made[rule] = learn_vocabulary(LINES, size - 10, normalization=rule)
    return made


def save_tokenizers(tokenizers, path):
    """One SavedModel with two signatures for each tokenizer, tracked as in an exported model."""
    module = tf.Module()
    module.tokenizers = [tokenizer.trackable for tokenizer in tokenizers.values()]
    signatures = {}
    for name, tokenizer in tokenizers.items():
        signatures |= {f"{way}_{name}": function for way, function in _ways(tokenizer).items()}
    tf.saved_model.save(module, str(path), signatures=signatures)


def _ways(tokenizer):
    """Text to ids padded with 0, and ids to text."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="texts")])
    def tokenize(texts):
        return {"ids": tokenizer.tokenize(texts).to_tensor(0)}

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="ids")])
    def detokenize(ids):
        return {"text": tokenizer.detokenize(ids)}

    return {"tokenize": tokenize, "detokenize": detokenize}


def small_translator(source, target, **overrides):
    """A translator after a short training: its translations differ, end, and do not depend on ties."""
    sizes = {"vocabulary_size": source.vocabulary_size, "target_vocabulary_size": target.vocabulary_size}
    if source == target:
        del sizes["target_vocabulary_size"]
    keras.utils.set_random_seed(1)
    model = build_transformer(TransformerConfig(**{**_FIELDS, **sizes, **overrides}))
    pairs = listed_pairs([(line, line[::-1]) for line in LINES])
    batches = token_batches(pairs, source, target, batch_tokens=600, max_length=MAX_LENGTH, shuffle=True)
    model.compile(keras.optimizers.Adam(0.01), loss=SmoothedCrossEntropy(0.1), jit_compile=False)
    model.fit(batches.repeat(), steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return Translator(model, source, target)


def export_everything(translator, folder, name, beam_size):
    translator.export_saved_model(folder / name / "1", beam_size=beam_size)
    translator.export_tflite(folder / f"{name}.tflite", beam_size=beam_size)
    with contextlib.suppress(InputError):  # The size of the vocabulary is not possible.
        settings = SearchSettings(beam_size=beam_size)
        get_exporter("tflite", text=True).export(translator, folder / f"{name}-text.tflite", settings)
    translator.export_ctranslate2(folder / f"{name}-ctranslate2")


def load_tokenizers(workspace):
    """The tokenizers by name, in this process."""
    return {name: Tokenizer.load(path) for name, path in workspace.tokenizer_files.items()}


if __name__ == "__main__":
    plant_from_environment()
    make_workspace(sys.argv[1])
