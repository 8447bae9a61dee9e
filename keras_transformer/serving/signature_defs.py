"""Signature definitions of a model folder, as an exported SavedModel has them."""

import tensorflow as tf

PREDICT_METHOD = "tensorflow/serving/predict"
DEFAULT_SIGNATURE, N_BEST, ATTENTION = "serving_default", "n_best", "attention"
_INPUT = "text"


def text_signature_map(n_best):
    """Returns the `SignatureDefMap` of the three signatures.

    Args:
        n_best: number of translations of the signature `n_best`.
    """
    # Imported here, because training and translation do not need TensorFlow Serving's interface.
    from tensorflow_serving.apis import get_model_metadata_pb2  # noqa: PLC0415

    outputs = {
        DEFAULT_SIGNATURE: {"translation": (tf.string, ()), "score": (tf.float32, ())},
        N_BEST: {"translations": (tf.string, (n_best,)), "scores": (tf.float32, (n_best,))},
        ATTENTION: {
            "translation": (tf.string, ()),
            "source_tokens": (tf.string, (None,)),
            "target_tokens": (tf.string, (None,)),
            "attention": (tf.float32, (None, None)),
        },
    }
    signature_map = get_model_metadata_pb2.SignatureDefMap()
    for name, fields in outputs.items():
        signature = signature_map.signature_def[name]
        signature.method_name = PREDICT_METHOD
        _fill(signature.inputs[_INPUT], f"{name}_{_INPUT}:0", tf.string, ())
        for number, (output, (dtype, shape)) in enumerate(sorted(fields.items())):
            _fill(signature.outputs[output], f"StatefulPartitionedCall:{number}", dtype, shape)
    return signature_map


def _fill(info, name, dtype, shape):
    info.name = name
    info.dtype = dtype.as_datatype_enum
    info.tensor_shape.CopyFrom(tf.TensorShape((None, *shape)).as_proto())
