import re

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from keras_transformer.errors import InputError, short_repr
from keras_transformer.export.saved_model.serving_files import FACTS_FILE, PREFIX_SIGNATURE
from keras_transformer.files.small_files import read_json, read_small_file
from keras_transformer.serving.directions import Directions
from keras_transformer.serving.engine import Engine, row_values
from keras_transformer.serving.model_source import SAVED_MODEL_NAME
from keras_transformer.serving.signature_defs import DEFAULT_SIGNATURE
from keras_transformer.text import TextFacts
from keras_transformer.text.tensorflow_text_import import tensorflow_text  # noqa: F401 (registers its operations)
from keras_transformer.text.tokenizer import Tokenizer

_CARD_NAME = "README.md"
_WARM_UP_TEXT = b"a"
_CUT = re.compile(r"^Sources are cut at (\d{1,9}) tokens\.", re.MULTILINE)


class SavedModelEngine(Engine):
    """A SavedModel of `export --format saved_model`, with the search settings of the export.

    Args:
        path: the folder of the version, a path.
        languages: the source's and the target's language tag of a model that does not name them, or None.

    Raises:
        InputError: the folder is not a SavedModel, or its signatures do not map `text` to outputs.
    """

    def __init__(self, path, languages=(None, None)):
        from tensorflow_serving.apis import get_model_metadata_pb2  # noqa: PLC0415 (see signature_defs.py)

        graph = _served_graph(path)
        self.signature_map = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in graph.signature_def.items():
            if name != PREFIX_SIGNATURE:  # Requests have one input.
                self.signature_map.signature_def[name].CopyFrom(signature)
        _check_signatures(path, self.signature_map.signature_def)
        models = {node.attr["model"].s for node in _nodes(graph.graph_def) if node.op == "SentencepieceOp"}
        texts, self.max_length = _facts(path)
        self.directions = Directions.of_tags(
            texts.source_language or languages[0], texts.target_language or languages[1]
        )
        self.card = path / _CARD_NAME if (path / _CARD_NAME).is_file() else None
        del graph
        try:
            self._loaded = tf.saved_model.load(str(path))
            self._tokenizers = [Tokenizer(model) for model in sorted(models)]
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise InputError(f"{path}: cannot be loaded: {' '.join(str(error).split())[:200]}") from None
        self._functions = dict(self._loaded.signatures.items())

    def run(self, signature, texts, direction=None):
        outputs = self._functions[signature](text=tf.constant(texts, tf.string))
        return row_values({name: tensor.numpy() for name, tensor in outputs.items()})

    def count_tokens(self, texts):
        if not self._tokenizers:
            return None
        # It is unknown which of two vocabularies is the source's.
        counts = [each.tokenize(texts).row_lengths().numpy().tolist() for each in self._tokenizers]
        return [max(row) for row in zip(*counts, strict=True)]

    def is_one_token(self, text):
        return any(each.is_one_token(text) for each in self._tokenizers)

    def warm_up(self, text=_WARM_UP_TEXT):
        super().warm_up(text)


def _served_graph(path):
    file = path / SAVED_MODEL_NAME
    try:
        graphs = saved_model_pb2.SavedModel.FromString(file.read_bytes()).meta_graphs
    except DecodeError:
        raise InputError(f"{file}: is not a SavedModel. Export the model again.") from None
    for graph in graphs:
        if "serve" in graph.meta_info_def.tags:
            return graph
    raise InputError(f"{file}: has no graph with the tag `serve`. Export the model again.")


def _check_signatures(path, signatures):
    if DEFAULT_SIGNATURE not in signatures:
        raise InputError(f"{path}: has no signature `{DEFAULT_SIGNATURE}`. Export the model with --format saved_model.")
    for name, signature in signatures.items():
        inputs = {key: info.dtype for key, info in signature.inputs.items()}
        if not name.startswith("__") and inputs != {"text": tf.string.as_datatype_enum}:
            raise InputError(
                f"{path}: expected signatures with the input `text` of strings. Received: the signature `{name}` with "
                f"{', '.join(sorted(inputs)) or 'no input'}. Export the model with --format saved_model."
            )


def _nodes(graph):
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _facts(path):
    """Returns the `TextFacts` of an export, and the greatest number of tokens of a text or None if it is unknown."""
    file = path / FACTS_FILE
    if not file.exists():  # An export of an earlier version.
        return TextFacts(), _max_length_of_card(path)
    found = read_json(file)
    max_length = found.get("max_length")
    try:
        if max_length is not None and (type(max_length) is not int or max_length < 2):
            raise ValueError(f"`max_length` must be a whole number from 2. Received: {short_repr(max_length)}.")
        return TextFacts(found.get("source_language"), found.get("target_language")), max_length
    except ValueError as error:
        raise InputError(f"{file}: {error}") from None


def _max_length_of_card(path):
    try:
        found = _CUT.search(read_small_file(path / _CARD_NAME).decode("utf-8"))
    except (OSError, ValueError):
        found = None
    return None if found is None else int(found[1]) + 1
