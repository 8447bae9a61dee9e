"""Runs a text-to-text SavedModel with only TensorFlow and TensorFlow Text."""

import json
import pathlib
import sys
import time

import tensorflow as tf
import tensorflow_text  # noqa: F401 (registers the tokenizer's operations)

NUM_WARMUPS = 2
NUM_CHECKED = 16


def run(saved_model, texts):
    loaded = tf.saved_model.load(saved_model)
    translate, attention = loaded.signatures["serving_default"], loaded.signatures["attention"]
    for text in texts[:NUM_WARMUPS]:
        translate(text=tf.constant([text]))
    result = {"translations": [], "tokens": [], "scores": [], "milliseconds": []}
    for text in texts:
        started = time.perf_counter()
        found = translate(text=tf.constant([text]))
        translation, score = found["translation"].numpy()[0], found["score"].numpy()[0]
        result["milliseconds"].append(1000 * (time.perf_counter() - started))
        result["translations"].append(translation.decode("utf-8"))
        result["scores"].append(float(score))
        tokens = attention(text=tf.constant([text]))["target_tokens"].numpy()[0]
        result["tokens"].append([token.decode("utf-8") for token in tokens if token])
    check_other_ways(loaded.signatures, texts[:NUM_CHECKED], result)
    return result


def check_other_ways(signatures, texts, result):
    """Checks that a batch and the signature `n_best` give the translations of single texts."""
    expected = result["translations"][: len(texts)]
    batch = tf.constant(texts)
    found = {
        "a batch": signatures["serving_default"](text=batch)["translation"],
        "the signature n_best": signatures["n_best"](text=batch)["translations"][:, 0],
    }
    for name, translations in found.items():
        if [translation.decode("utf-8") for translation in translations.numpy()] != expected:
            sys.exit(f"{name} and single texts give different translations")


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    texts = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))["texts"]
    pathlib.Path(result).write_text(json.dumps(run(artifact, texts)), encoding="utf-8")
