"""Runs a text-to-text SavedModel with only TensorFlow and TensorFlow Text."""

import json
import pathlib
import sys
import time
import unicodedata

import tensorflow as tf
import tensorflow_text  # noqa: F401 (registers the tokenizer's operations)

NUM_WARMUPS = 2
NUM_CHECKED = 16
PREFIX_LENGTH = 4


def run(saved_model, texts, is_sampled):
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
    check_other_ways(loaded.signatures, texts[:NUM_CHECKED], result, is_sampled)
    return result


def check_other_ways(signatures, texts, result, is_sampled):
    """Checks that a batch, the signature `n_best` and empty prefixes give the translations of single texts."""
    expected = result["translations"][: len(texts)]
    batch = tf.constant(texts)
    best = signatures["n_best"](text=batch)["translations"].numpy().tolist()
    found = {
        "a batch": signatures["serving_default"](text=batch)["translation"].numpy(),
        # The sample of a text is one of several samples, which are sorted by their scores.
        "the signature n_best": [
            text.encode("utf-8") if is_sampled and text.encode("utf-8") in row else row[0]
            for text, row in zip(expected, best)
        ],
    }
    if "with_prefix" in signatures:
        found["the signature with_prefix"] = check_prefixes(signatures["with_prefix"], texts, expected)
    for name, translations in found.items():
        if [translation.decode("utf-8") for translation in translations] != expected:
            sys.exit(f"{name} and single texts give different translations")


def check_prefixes(translate, texts, expected):
    """Checks that translations begin with prefixes, and returns those without one."""
    # The prefix of a text is the beginning of another text's translation, if every normalisation keeps its letters.
    prefixes = [translation.partition(" ")[0][:PREFIX_LENGTH] for translation in expected[1:] + expected[:1]]
    prefixes = [text if text.isalnum() and unicodedata.is_normalized("NFKC", text) else "" for text in prefixes]
    for length in range(PREFIX_LENGTH, -1, -1):
        prefixes = [prefix[:length] for prefix in prefixes]
        try:
            forced = translate(text=tf.constant(texts), prefix=tf.constant(prefixes))["translation"].numpy()
            break
        except tf.errors.InvalidArgumentError as error:
            # A few letters can have more tokens than a low maximum length.
            if not length or "fewer tokens than the maximum length" not in str(error):
                raise
    for translation, prefix, without in zip(forced, prefixes, expected):
        if without and not translation.decode("utf-8").casefold().startswith(prefix.casefold()):
            sys.exit(f"a translation of the signature with_prefix does not begin with {prefix!r}")
    return translate(text=tf.constant(texts), prefix=tf.constant([""] * len(texts)))["translation"].numpy()


if __name__ == "__main__":
    artifact, request, result = sys.argv[1:]
    arguments = json.loads(pathlib.Path(request).read_text(encoding="utf-8"))
    pathlib.Path(result).write_text(json.dumps(run(artifact, **arguments)), encoding="utf-8")
