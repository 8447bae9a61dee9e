"""Writes TensorFlow Serving's warm-up requests, batching parameters and list of models."""

import os

import tensorflow as tf
from google.protobuf import text_format

from keras_transformer.files.strict_json import json_text
from keras_transformer.files.whole_files import write_text
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS

# Batches are padded to the next of these sizes, so the server has few different shapes.
ALLOWED_BATCH_SIZES = (1, 2, 4, 8, 16, 32)
WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
# Name of the signature with a second input.
PREFIX_SIGNATURE = "with_prefix"
FACTS_FILE = "assets.extra/texts.json"
BATCHING_FILE, MODELS_FILE = "batching_parameters.txt", "models.config"
# The folder of all models in the container `tensorflow/serving`.
_MODELS_FOLDER = "/models"
_WARMUP_TOKENS = 5


def write_warmup_requests(saved_model, signatures, text, more_texts=()):
    """Writes warm-up requests, which the server runs before it serves a version, one per signature and batch size.

    Args:
        saved_model: the folder of the version, as a path.
        signatures: names of signatures whose input is `text` `(batch,)`, and `prefix` for `PREFIX_SIGNATURE`.
        text: the text to translate.
        more_texts: further texts, each for one more request of one text per signature. Default: none.
    """
    # Imported here, because training and translation do not need TensorFlow Serving's interface.
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2  # noqa: PLC0415

    path = saved_model / WARMUP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature in signatures:
            for texts in (*([text] * size for size in ALLOWED_BATCH_SIZES), *([each] for each in more_texts)):
                request = predict_pb2.PredictRequest()
                request.model_spec.signature_name = signature
                request.inputs["text"].CopyFrom(tf.make_tensor_proto(texts))
                if signature == PREFIX_SIGNATURE:
                    request.inputs["prefix"].CopyFrom(tf.make_tensor_proto([b""] * len(texts)))
                log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
                writer.write(log.SerializeToString())


def write_text_facts(saved_model, texts, max_length):
    """Writes the languages and the longest text in tokens, for the command `serve`.

    Args:
        saved_model: the folder of the version, as a path.
        texts: the `TextFacts`.
        max_length: greatest number of tokens of a source, with its end token.
    """
    facts = {"source_language": texts.source_language, "target_language": texts.target_language}
    write_text(saved_model / FACTS_FILE, json_text({**facts, "max_length": max_length}, indent=2) + "\n")


def warmup_text(tokenizer):
    """Returns a short text of frequent tokens, the first ordinary tokens of a vocabulary."""
    tokens, symbols = tokenizer.all_tokens(), tokenizer.symbols
    ids = [
        token_id
        for token_id in range(NUM_SPECIAL_TOKENS, len(tokens))
        if not tokens[token_id].startswith("<0x") and tokens[token_id] not in symbols
    ]
    return tokenizer.detokenize(tf.constant([ids[:_WARMUP_TOKENS]])).numpy()[0]


def longer_texts(tokenizer, text, lengths):
    """Returns texts that repeat a text: one with a few more tokens than each of `lengths`."""
    num_tokens = tokenizer.tokenize([text]).row_lengths().numpy()[0]
    return [b" ".join([text] * (length // num_tokens + 1)) for length in lengths]


def write_server_config(folder):
    """Writes `batching_parameters.txt` and `models.config` to the folder of the versions. Existing files are kept.

    Args:
        folder: the folder of the model, a `pathlib.Path`. Its name is the name of the model.
    """
    from tensorflow_serving.config import model_server_config_pb2  # noqa: PLC0415

    name = folder.resolve().name
    sizes = "".join(f"allowed_batch_sizes: {size}\n" for size in ALLOWED_BATCH_SIZES)
    _write_once(
        folder / BATCHING_FILE,
        f"max_batch_size {{ value: {ALLOWED_BATCH_SIZES[-1]} }}\n"
        "batch_timeout_micros { value: 2000 }\n"
        "num_batch_threads { value: 4 }\n"
        "max_enqueued_batches { value: 100 }\n" + sizes,
    )
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=f"{_MODELS_FOLDER}/{name}", model_platform="tensorflow")
    _write_once(folder / MODELS_FILE, text_format.MessageToString(config))


def _write_once(path, text):
    if not os.path.lexists(path):
        write_text(path, text)
