import abc
import base64

import numpy as np

from keras_transformer.serving.directions import Directions


class Engine(abc.ABC):
    """One version of a model in memory. Several workers can call `run` at the same time.

    Attributes:
        signature_map: the `SignatureDefMap` of its signatures.
        directions: the `Directions`.
        max_length: the greatest number of tokens of a text with its end token, or None if it is unknown.
        card: the path of the model card, or None.
    """

    signature_map = None
    directions = Directions()
    max_length = None
    card = None

    @property
    def signatures(self):
        """The `SignatureDef` of each signature by name, without the one that initialises tables."""
        return self.signature_map.signature_def

    @abc.abstractmethod
    def run(self, signature, texts, direction=None):
        """Translates a batch.

        Args:
            signature: name of the signature.
            texts: a list of bytes.
            direction: a `ServedDirection` of `Directions.find`. Default None: the only one, or that of the folder.

        Returns:
            A list with a dictionary for each text, the values by the name of the output.
        """

    @abc.abstractmethod
    def count_tokens(self, texts):
        """Returns upper bounds of the numbers of tokens of strings, without the end token, or None if unknown."""

    def is_one_token(self, text):
        """Returns whether a string is one token of the source vocabulary. Default: False, unknown."""
        return False

    def warm_up(self, text):
        """Runs each signature for one text and for two, which compiles its graph."""
        for signature in sorted(self.signatures, reverse=True):  # The default signature first.
            if not signature.startswith("__"):
                for size in (1, 2):
                    self.run(signature, [text] * size)


def row_values(outputs):
    """Returns the values of each row of a batch for JSON.

    Args:
        outputs: arrays by name. The first dimension of each is the batch.

    Returns:
        A list of dictionaries. Texts are strings, or `{"b64": …}` if the name of the output ends in `_bytes`, as in
        TensorFlow Serving.
    """
    columns = {name: [_value(part, name) for part in array] for name, array in outputs.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _value(part, name):
    if isinstance(part, bytes):
        if name.endswith("_bytes"):
            return {"b64": base64.b64encode(part).decode()}
        return part.decode("utf-8", errors="replace")
    if isinstance(part, np.ndarray) and part.ndim:
        return [_value(each, name) for each in part]
    return short_float(part) if isinstance(part, np.floating) else part.item()


def short_float(value):
    """Returns a float with the digits that TensorFlow Serving writes: six, or nine if six would change the number."""
    short = float(f"{value:.6g}")
    return short if np.float32(short) == value or not np.isfinite(value) else float(f"{value:.9g}")
