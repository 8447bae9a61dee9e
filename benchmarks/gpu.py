"""Tables of a GPU in about ten minutes: training steps and decoding of this library, keras-nlp's layers and PyTorch.

Training: the preset `base` with a vocabulary of 32,000, in float32, TF32 and bfloat16, as a graph and with XLA, with
the peak memory of the GPU. `training_step.py` has the contestants. Decoding: the same model with random weights,
batches of 64 sentences of 24 tokens, beam 1 and 4. The script has not been run on a GPU yet.

Usage: python benchmarks/gpu.py [--rounds 3] [--steps 5] [--preset base] [--vocabulary-size 32000] [--batch-size 128]
"""

import argparse
import sys

import keras_transformer as kt

kt.use_onednn()  # isort: split
import tensorflow as tf
from growth import Decoder
from step_settings import Settings
from training_step import measured, table

KERAS = ["keras-transformer", "keras-transformer, whole logits", "keras-nlp layers, Keras's cross-entropy"]
PYTORCH = ["PyTorch, eager", "PyTorch, torch.compile"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--preset", choices=("tiny", "base"), default="base")
    parser.add_argument("--vocabulary-size", type=int, default=32_000)
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        sys.exit("TensorFlow finds no GPU. Without one, use training_step.py.")
    tf.config.experimental.set_memory_growth(gpus[0], True)
    print(f"{tf.config.experimental.get_device_details(gpus[0]).get('device_name')}, TensorFlow {tf.__version__}\n")

    for precision in ("float32", "tf32", "bfloat16"):
        for xla in (False, True):
            fields = {"preset": options.preset, "vocabulary_size": options.vocabulary_size}
            settings = Settings(**fields, batch_size=options.batch_size, precision=precision, xla=xla)
            print("with XLA:" if xla else "as a graph:")
            names = KERAS if xla else KERAS + PYTORCH
            print(*table(measured(names, settings, options.rounds, options.steps), settings), "", sep="\n", flush=True)

    decoder = Decoder(preset=options.preset, vocabulary_size=options.vocabulary_size)
    print("| decoding, batch 64, 24 source tokens, 48 steps | sentences/s |\n|---|---|")
    for beam_size in (1, 4):
        seconds = decoder.seconds(batch_size=64, source_length=24, steps=48, beam_size=beam_size)
        print(f"| beam {beam_size} | {64 / seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
