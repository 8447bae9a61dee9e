"""Makes the OpenNMT-tf models of the tests, and the results that OpenNMT-tf computes with them.

OpenNMT-tf needs TensorFlow 2.12 and therefore a separate environment:

    python3.11 -m venv opennmt && opennmt/bin/pip install "OpenNMT-tf[tensorflow]==2.32.0"
    opennmt/bin/python training/make_opennmt_tf_fixture.py tests/importing/opennmt_tf

The text is numbers in English and German words.
"""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import opennmt
import tensorflow as tf

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
GERMAN = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"]
GERMAN_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
BLANK, START, END = "<blank>", "<s>", "</s>"

LEARN = """
import sys
import pyonmttok

options = {"character_coverage": 1.0, "normalization_rule_name": "identity", "hard_vocab_limit": "false"}
learner = pyonmttok.SentencePieceLearner(keep_vocab=True, vocab_size=int(sys.argv[2]), **options)
for file in sys.argv[3:]:
    learner.ingest_file(file)
learner.learn(sys.argv[1])
"""

# Each model has its options as a text, because OpenNMT-tf keeps the text in the folder of the model.
TRAINED = """
import opennmt


class SmallTransformer(opennmt.models.Transformer):
    def __init__(self):
        super().__init__(num_layers=(2, 1), num_units=32, num_heads=4, ffn_inner_dim=48, dropout=0.05)


model = SmallTransformer
"""
SHARED = """
import opennmt
import tensorflow as tf

WIDTH = 16


def model():
    return opennmt.models.Transformer(
        num_layers=1,
        num_units=WIDTH,
        num_heads=2,
        ffn_inner_dim=24,
        ffn_activation=tf.nn.gelu,
        mha_bias=False,
        share_embeddings=opennmt.models.EmbeddingsSharingLevel.ALL,
        pre_norm=False,
        output_layer_bias=False,
    )
"""
WORDS = """
from opennmt.models import EmbeddingsSharingLevel, Transformer

model = lambda: Transformer(
    None, None, (1, 2), 16, 8, 20, share_embeddings=EmbeddingsSharingLevel.TARGET, attention_dropout=0.2
)
"""
INPUTS = """
import opennmt

model = lambda: opennmt.models.Transformer(
    num_layers=1,
    num_units=16,
    num_heads=4,
    ffn_inner_dim=24,
    share_embeddings=opennmt.models.EmbeddingsSharingLevel.SOURCE_TARGET_INPUT,
)
"""


def english(number):
    if number < len(ENGLISH):
        return ENGLISH[number]
    tens, ones = divmod(number, 10)
    return ENGLISH_TENS[tens - 2] + (f"-{ENGLISH[ones]}" if ones else "")


def german(number):
    if number < len(GERMAN):
        return GERMAN[number]
    tens, ones = divmod(number, 10)
    prefix = "" if not ones else ("ein" if ones == 1 else GERMAN[ones]) + "und"
    return prefix + GERMAN_TENS[tens - 2]


def pairs_of(count, seed):
    """Returns pairs of an English and a German line of one to three numbers."""
    generator = random.Random(seed)
    known = [*range(len(ENGLISH)), *range(20, 100)]
    rows = [generator.choices(known, k=generator.randint(1, 3)) for _ in range(count)]
    return [(" ".join(map(english, row)), " ".join(map(german, row))) for row in rows]


def write_lines(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def learn_pieces(prefix, files, size):
    """Learns a SentencePiece model and writes the vocabulary as `onmt-build-vocab --sentencepiece` does."""
    # In a process with TensorFlow, the learner crashes.
    subprocess.run([sys.executable, "-c", LEARN, str(prefix), str(size), *files], check=True)
    vocabulary = opennmt.data.Vocab(special_tokens=[BLANK, START, END])
    vocabulary.load(f"{prefix}.vocab", file_format="sentencepiece")
    vocabulary.serialize(f"{prefix}.vocab")


def pieces_config(folder, sides):
    config = {}
    for side, name in zip(("source", "target"), sides):
        config[f"{side}_vocabulary"] = str(folder / f"{name}.vocab")
        params = {"mode": "none", "sp_model_path": str(folder / f"{name}.model")}
        config[f"{side}_tokenization"] = {"type": "OpenNMTTokenizer", "params": params}
    return config


def build(folder, description):
    """Writes the description and returns a function that builds the model."""
    (folder / "description.py").write_text(description.lstrip(), encoding="utf-8")
    model = opennmt.config.load_model(str(folder), model_file=str(folder / "description.py"), as_builder=True)
    (folder / "description.py").unlink()
    return model


def train(folder, model, data, steps):
    config = {
        "model_dir": str(folder),
        "data": data,
        "params": {"optimizer": "Adam", "learning_rate": 0.004, "label_smoothing": 0.1, "beam_width": 1},
        "train": {"batch_size": 64, "max_step": steps, "save_checkpoints_steps": steps, "keep_checkpoint_max": 1},
    }
    opennmt.Runner(model, config, seed=1).train()


def random_weights(folder, model, data):
    """Saves a model with random weights, whose biases and normalisations are not their initial values."""
    model = model()
    model.initialize(data, params={"beam_width": 1})
    model.create_variables()
    generator = np.random.default_rng(0)
    for variable in model.trainable_variables:
        noise = generator.normal(size=variable.shape).astype("float32")
        variable.assign(variable + 0.2 * noise if len(variable.shape) == 1 else noise * variable.shape[-1] ** -0.5)
    if model.decoder.output_layer_bias:
        bias = model.decoder.output_layer.bias
        bias.assign(tf.concat([[-30.0, -30.0], bias[2:-1], [-30.0]], axis=0))  # No padding, start and unknown token.
    opennmt.utils.checkpoint.Checkpoint(model, model_dir=str(folder)).save(step=7)


def write_results(folder, model, data, sources, targets):
    """Writes what OpenNMT-tf computes: ids, logits and greedy translations."""
    model = model()
    model.initialize(data, params={"beam_width": 1, "maximum_decoding_length": 60})
    model.create_variables()
    opennmt.utils.checkpoint.Checkpoint(model, model_dir=str(folder)).restore(weights_only=True)
    dataset = model.examples_inputter.make_evaluation_dataset(sources, targets, batch_size=64)
    (features, labels), *_ = dataset
    outputs, predictions = model(features, labels=labels)
    arrays = {"source_ids": features["ids"], "source_lengths": features["length"], "target_ids": labels["ids"]}
    arrays |= {"predicted": predictions["tokens"][:, 0], "lengths": predictions["length"][:, 0]}
    arrays |= {"logits": outputs["logits"][:8]}
    arrays = {name: array.numpy() for name, array in arrays.items()}
    arrays["predicted"] = np.char.decode(arrays["predicted"].astype("S"), "utf-8")
    np.savez_compressed(folder / "results.npz", **arrays)


def make_case(output, name, description, data_of, files, steps=0, **options):
    folder = output / name
    folder.mkdir()
    data = {**data_of(folder), **options, "train_features_file": files[0], "train_labels_file": files[1]}
    model = build(folder, description)
    if steps:
        train(folder, model, data, steps)
    else:
        random_weights(folder, model, data)
    odd = ["seven  two", "forty-two unknown ☃", "nine Ünknown, 12"]
    sides = list(zip(*pairs_of(21, seed=2)))
    sources, targets = [*sides[0], *odd], [*sides[1], *sides[1][:3]]
    write_results(
        folder, model, data, write_lines(folder / "lines.txt", sources), write_lines(folder / "references.txt", targets)
    )
    for path in (*folder.glob("events*"), folder / "eval", folder / "__pycache__"):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=pathlib.Path, help="folder, new")
    parser.add_argument("--steps", type=int, default=1500, help="optimizer steps of the trained model")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    output.mkdir(parents=True)
    work = output / "text"
    work.mkdir()
    files = [write_lines(work / f"train.{side}", lines) for side, lines in zip(("en", "de"), zip(*pairs_of(4000, 1)))]
    for name, inputs in (("source", files[:1]), ("target", files[1:]), ("joint", files)):
        learn_pieces(work / name, inputs, 60)

    def with_pieces(*sides):
        def data_of(folder):
            for name in set(sides):
                for suffix in (".vocab", ".model"):
                    shutil.copy(work / f"{name}{suffix}", folder)
            return pieces_config(folder, sides)

        return data_of

    def with_words(folder):
        for side, file in zip(("source", "target"), files):
            vocabulary = opennmt.data.Vocab(special_tokens=[BLANK, START, END])
            vocabulary.add_from_text(file)
            vocabulary.prune(max_size=80).serialize(str(folder / f"{side}.vocab"))
        return {f"{side}_vocabulary": str(folder / f"{side}.vocab") for side in ("source", "target")}

    make_case(output, "trained", TRAINED, with_pieces("source", "target"), files, arguments.steps)
    make_case(output, "shared", SHARED, with_pieces("joint", "joint"), files, source_sequence_controls={"end": True})
    make_case(output, "words", WORDS, with_words, files)
    make_case(output, "inputs", INPUTS, with_pieces("joint", "joint"), files)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
