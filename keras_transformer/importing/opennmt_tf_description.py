"""Options of an OpenNMT-tf model that its checkpoint does not have, from `model_description.py`. It is not run."""

import ast
from typing import NamedTuple

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_small_file

DESCRIPTION_NAME = "model_description.py"
_BIG = {"num_heads": 16}
# The model types of OpenNMT-tf that can be imported, and their options.
MODEL_TYPES = {
    "Transformer": {},
    "TransformerBase": {},
    "TransformerBaseSharedEmbeddings": {},
    "TransformerBig": _BIG,
    "TransformerBigSharedEmbeddings": _BIG,
    "TransformerTiny": {"num_heads": 2},
    "ScalingNmtEnDe": {**_BIG, "dropout": 0.3, "ffn_dropout": 0.0, "source_end": True},
    "ScalingNmtEnFr": {**_BIG, "attention_dropout": 0.0, "ffn_dropout": 0.0, "source_end": True},
}
# The parameters of `opennmt.models.Transformer` in their order.
_PARAMETERS = (
    *("source_inputter", "target_inputter", "num_layers", "num_units", "num_heads", "ffn_inner_dim", "dropout"),
    *("attention_dropout", "ffn_dropout", "ffn_activation", "mha_bias", "position_encoder_class"),
)
_DEFAULTS = {"num_heads": 8, "dropout": 0.1, "attention_dropout": 0.1, "ffn_dropout": 0.1}
_ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "silu": "silu", "swish": "silu", "tanh": "tanh", "sigmoid": "sigmoid"}
_POSITIONS = "SinusoidalPositionEncoder"
_UNKNOWN = object()


class ModelOptions(NamedTuple):
    """Options of a model. None is unknown.

    Args:
        num_heads: number of attention heads.
        activation: activation of the feed-forward networks, as Keras names it.
        dropout, attention_dropout, ffn_dropout: dropout rates, as OpenNMT-tf names them.
        source_end: whether the source has the end token.
    """

    num_heads: int | None = None
    activation: str | None = None
    dropout: float | None = None
    attention_dropout: float | None = None
    ffn_dropout: float | None = None
    source_end: bool | None = None


def read_description(path, activation=None):
    """Reads the options of a `model_description.py` without running it.

    Args:
        path: the file, a `pathlib.Path`. It creates the model by its name in the catalog, or calls
            `opennmt.models.Transformer`, or defines a subclass that calls `super().__init__`.
        activation: the activation if the user gives it. Default: that of the description.

    Returns:
        `ModelOptions`. Options that are computed are None.

    Raises:
        InputError: the file is not Python, or describes a model that cannot be imported.
    """
    try:
        tree = ast.parse(read_small_file(path))
    except InputError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(f"{path}: expected a model description in Python, but the file is damaged.") from None
    try:
        return _options(tree, activation)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None


def _options(tree, activation):
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    for call in calls:
        if _last(call.func) == "get_model_from_catalog" and call.args:
            name = call.args[0].value if isinstance(call.args[0], ast.Constant) else ast.unparse(call.args[0])
            return _of_type(name)._replace(**{"activation": activation} if activation else {})
    bases = [_last(base) for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases]
    bases = [name for name in bases if name in MODEL_TYPES]
    found = [(call, _last(call.func)) for call in calls if _last(call.func) in MODEL_TYPES]
    if len(bases) == 1:
        found += [(call, bases[0]) for call in calls if _is_super(call.func)]
    names = {_last(node) for node in nodes if isinstance(node, ast.Attribute | ast.Name)} & MODEL_TYPES.keys()
    if not found and len(names) == 1:
        found = [(ast.Call(ast.Name(""), [], []), names.pop())]
    # Several calls, or none: the options are not known.
    return _of_call(*found[0], _constants(tree), activation) if len(found) == 1 else ModelOptions(activation=activation)


def _constants(tree):
    """Returns the values that the file gives to names, as nodes."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _of_type(name):
    if not isinstance(name, str) or name not in MODEL_TYPES:
        raise ValueError(
            f"the model type must be one of {', '.join(MODEL_TYPES)}, or a `Transformer` with arguments. Received: "
            f"{short_repr(name)}."
        )
    return ModelOptions(**{"activation": "relu", **_DEFAULTS, **MODEL_TYPES[name]})


def _of_call(call, name, constants, activation):
    """Returns the options of a call of a model type, such as `Transformer`."""
    parameters = _PARAMETERS if name in ("Transformer", "TransformerBase") else ()
    is_computed = any(isinstance(argument, ast.Starred) for argument in call.args) or len(call.args) > len(parameters)
    if is_computed or not all(keyword.arg for keyword in call.keywords):
        return ModelOptions(activation=activation)
    given = {**dict(zip(parameters, call.args)), **{keyword.arg: keyword.value for keyword in call.keywords}}
    if (node := given.get("position_encoder_class")) is not None and _last(node) != _POSITIONS:
        raise ValueError(f"`position_encoder_class` must be {_POSITIONS}. Received: {_source(node)}.")
    if (node := given.get("maximum_relative_position")) is not None and _literal(node, constants) is not None:
        raise ValueError("relative positions (`maximum_relative_position`) are not supported.")
    options = _of_type(name)
    if activation or "ffn_activation" in given:
        options = options._replace(activation=activation or _activation(given["ffn_activation"]))
    for key in _DEFAULTS.keys() & given.keys():
        value = _literal(given[key], constants)
        options = options._replace(**{key: value if type(value) in (int, float) else None})
    return options


def _activation(node):
    parts = ast.unparse(node).split(".")
    owner = parts[-2] if len(parts) > 1 else ""
    if owner in ("nn", "activations", "math") and parts[-1] in _ACTIVATIONS:
        return _ACTIVATIONS[parts[-1]]
    raise ValueError(
        f"`ffn_activation` must be one of {', '.join(f'tf.nn.{name}' for name in _ACTIVATIONS)}. Received: "
        f"{_source(node)}. Give `activation` if it is another name of one of them."
    )


def _source(node):
    """Returns the source of an expression for a message."""
    return short_repr(ast.unparse(node))


def _literal(node, constants):
    """Returns the value of an expression: a literal, or a name that the file sets to one. Otherwise `_UNKNOWN`."""
    if isinstance(node, ast.Name):
        node = constants.get(node.id, node)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return _UNKNOWN


def _last(node):
    """Returns the last name of a dotted name, or None for another expression."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def _is_super(function):
    """Returns whether a function is `super().__init__`."""
    if not isinstance(function, ast.Attribute) or function.attr != "__init__":
        return False
    return isinstance(function.value, ast.Call) and _last(function.value.func) == "super"
