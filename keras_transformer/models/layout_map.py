from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    from keras_transformer.models.transformer_config import TransformerConfig

# The axis of the mesh among whose devices weights are divided.
MODEL_AXIS = "model"
# Dimensions of weights that are divided. Each pattern matches the whole path of a weight.
_EMBEDDINGS_AND_FEED_FORWARD = {
    ".*embedding[^/]*/embeddings": (MODEL_AXIS, None),
    ".*output_projection/kernel": (None, MODEL_AXIS),
    ".*output_bias[^/]*/bias": (MODEL_AXIS,),
    ".*feed_forward[^/]*/intermediate/kernel": (None, MODEL_AXIS),
    ".*feed_forward[^/]*/intermediate/bias": (MODEL_AXIS,),
    ".*feed_forward[^/]*/output/kernel": (MODEL_AXIS, None),
}
_ATTENTION = {
    ".*attention[^/]*/(query_key_value|query|key_value)/kernel": (None, MODEL_AXIS),
    ".*attention[^/]*/(query_key_value|query|key_value)/bias": (MODEL_AXIS,),
    ".*attention[^/]*/output/kernel": (MODEL_AXIS, None),
}
# Fields of a config whose values are divided.
_DIVIDED_FIELDS = ("vocabulary_size", "target_vocabulary_size", "intermediate_dim", "hidden_dim")


def layout_map(
    mesh: keras.distribution.DeviceMesh, config: "TransformerConfig | None" = None, attention: bool = True
) -> keras.distribution.LayoutMap:
    """Divides the weights of the library's layers among devices, for `keras.distribution.ModelParallel`.

    The axis "model" of the mesh divides embedding tables by tokens, and feed-forward networks and attention by their
    inner width. All other weights are on every device. The moments of an optimizer are divided as their weights are.
    The result of a training is that of one device, except for rounding. Keras needs the JAX backend for it.

    Args:
        mesh: a `keras.distribution.DeviceMesh` with an axis "model". The other axis divides the rows of a batch.
        config: the `TransformerConfig` of the model, to check its sizes. Default None: JAX reports a size that cannot
            be divided when the weight is created.
        attention: whether the weights of attention are divided. Default True. False needs more memory and more
            computation per device, and fewer transfers of activations.

    Returns:
        A `keras.distribution.LayoutMap`. More entries can be added to it.

    Raises:
        ValueError: the mesh has no axis "model", or a size of the config is not divisible by its number of devices.

    Example:

    >>> devices = [f"cpu:{number}" for number in range(8)]
    >>> mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"), devices)
    >>> layouts = kt.layout_map(mesh)
    >>> layouts["encoder_1/feed_forward/intermediate/kernel"].axes
    (None, 'model')

    Reference:
        Shoeybi et al. 2019, "Megatron-LM" (arXiv 1909.08053), section 3.
    """
    if MODEL_AXIS not in mesh.axis_names:
        raise ValueError(f'The mesh must have an axis "{MODEL_AXIS}". Received: axis_names={tuple(mesh.axis_names)}.')
    devices = mesh.shape[list(mesh.axis_names).index(MODEL_AXIS)]
    names = [name for name in _DIVIDED_FIELDS if attention or name != "hidden_dim"]
    for name in names if config is not None else ():
        if getattr(config, name) % devices:
            raise ValueError(
                f'`{name}` must be divisible by the number of devices of the axis "{MODEL_AXIS}", {devices}. '
                f"Received: {name}={getattr(config, name)}. Choose another size or another mesh."
            )
    layouts = keras.distribution.LayoutMap(mesh)
    for pattern, axes in (_EMBEDDINGS_AND_FEED_FORWARD | (_ATTENTION if attention else {})).items():
        layouts[pattern] = axes
    return layouts
