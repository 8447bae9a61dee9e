"""Activations of Keras as nodes of ONNX."""

import math

import numpy as np


def _clip(low, high):
    return lambda graph, x: graph.node("Clip", x, np.float32(low), np.float32(high))


def _node(operation, **attributes):
    return lambda graph, x: graph.node(operation, x, **attributes)


def _gelu(graph, x):
    error = graph.node("Erf", graph.node("Mul", x, math.sqrt(0.5)))
    return graph.node("Mul", x, graph.node("Mul", graph.node("Add", error, 1.0), 0.5))


def _silu(graph, x):
    return graph.node("Mul", x, graph.node("Sigmoid", x))


def _mish(graph, x):
    return graph.node("Mul", x, graph.node("Tanh", graph.node("Softplus", x)))


def _log_sigmoid(graph, x):
    return graph.node("Neg", graph.node("Softplus", graph.node("Neg", x)))


def _tanh_shrink(graph, x):
    return graph.node("Sub", x, graph.node("Tanh", x))


# The name in `TransformerConfig`: a function of the `GraphWriter` and a tensor.
ACTIVATIONS = {
    "celu": _node("Celu", alpha=1.0),
    "elu": _node("Elu", alpha=1.0),
    "exponential": _node("Exp"),
    "gelu": _gelu,
    "hard_shrink": _node("Shrink", lambd=0.5, bias=0.0),
    "hard_sigmoid": _node("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hard_silu": _node("HardSwish"),
    "hard_tanh": _clip(-1, 1),
    "leaky_relu": _node("LeakyRelu", alpha=0.2),
    "linear": _node("Identity"),
    "log_sigmoid": _log_sigmoid,
    "mish": _mish,
    "relu": _node("Relu"),
    "relu6": _clip(0, 6),
    "selu": _node("Selu"),
    "sigmoid": _node("Sigmoid"),
    "silu": _silu,
    "soft_shrink": _node("Shrink", lambd=0.5, bias=0.5),
    "softplus": _node("Softplus"),
    "softsign": _node("Softsign"),
    "tanh": _node("Tanh"),
    "tanh_shrink": _tanh_shrink,
}
