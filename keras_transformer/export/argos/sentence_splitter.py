"""The splitter of a package: rules for the ends of sentences as a model of MiniSBD, which Argos Translate runs.

MiniSBD maps each character of a text to a number by the vocabulary of its model. The model returns the scores of 5
classes for each character. The highest score of class 2 ends a sentence. The models of MiniSBD are neural networks,
which Argos Translate downloads. The rules here need no download. A package needs no other file.
"""

import json
import sys
import unicodedata

import numpy as np

# The numbers of kinds of characters. MiniSBD pads with `<PAD>`, and other characters are `<UNK>`.
_PADDING, _OTHER, _SPACE, _PERIOD, _MARK, _WIDE_MARK, _CLOSER, _LOWER, _UPPER = range(9)
_MARKS = {
    _SPACE: " ",
    _PERIOD: ".",
    _MARK: "!?…‼⁇⁈⁉؟۔।॥։።",
    _WIDE_MARK: "。！？｡．",
    _CLOSER: "\"')]}»›”’」』】）］〉》",
}
# The most closing brackets and quotation marks after a mark that belong to the sentence.
_MOST_CLOSERS = 3
_NUM_CLASSES = 5
_END_CLASS = 2


def write_splitter(path):
    """Writes the model of the splitter, an ONNX file.

    A sentence ends after a period, question mark or exclamation mark, with closing brackets and quotation marks, before
    a space. It does not end before a lower-case letter, or after the period of a single capital letter ("J. Smith").
    After a wide mark, such as that of Chinese and Japanese, no space is needed.
    """
    from onnx import TensorProto, checker, helper, save  # noqa: PLC0415 (an optional dependency)

    graph = _Graph(helper)
    kinds = {kind: graph.node("Equal", "units", np.int64(kind)) for kind in range(9)}
    closer = kinds[_CLOSER]
    mark, wide = graph.any(kinds[_PERIOD], kinds[_MARK]), kinds[_WIDE_MARK]
    initial = graph.all(
        kinds[_PERIOD],
        graph.earlier(kinds[_UPPER], 1),
        graph.node("Not", graph.earlier(graph.any(kinds[_UPPER], kinds[_LOWER], kinds[_OTHER], kinds[_PERIOD]), 2)),
    )
    mark = graph.all(mark, graph.node("Not", initial))
    for _ in range(_MOST_CLOSERS):
        mark = graph.any(mark, graph.all(closer, graph.earlier(mark, 1)))
        wide = graph.any(wide, graph.all(closer, graph.earlier(wide, 1)))
    any_mark = graph.any(closer, *(kinds[kind] for kind in (_PERIOD, _MARK, _WIDE_MARK)))
    before_space = graph.all(
        graph.later(graph.any(kinds[_SPACE], kinds[_PADDING]), 1), graph.node("Not", graph.later(kinds[_LOWER], 2))
    )
    ends = graph.any(graph.all(mark, before_space), graph.all(wide, graph.node("Not", graph.later(any_mark, 1))))
    graph.scores(ends)
    shape, outputs = ["batch", "length"], ["batch", "length", _NUM_CLASSES]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sentence_splitter",
            [
                helper.make_tensor_value_info("units", TensorProto.INT64, shape),
                helper.make_tensor_value_info("features", TensorProto.FLOAT, [*shape, "num_features"]),
            ],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, outputs)],
        ),
        producer_name="keras-transformer",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
    )
    helper.set_model_props(model, _metadata())
    checker.check_model(model)
    save(model, str(path))


def _metadata():
    numbers = {"<PAD>": _PADDING, "<UNK>": _OTHER}
    for character in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(character)
        if category == "Ll":
            numbers[character] = _LOWER
        elif category in ("Lu", "Lt"):
            numbers[character] = _UPPER
    for kind, characters in _MARKS.items():
        numbers |= dict.fromkeys(characters, kind)
    names = ["<PAD>", "<UNK>", *(f"<{kind}>" for kind in range(_SPACE, 9))]
    vocabulary = {"lang": "", "idx": 0, "cutoff": 0, "lower": False, "_unit2id": numbers, "_id2unit": names}
    config = {"feat_funcs": ["space_before"], "batch_size": 1, "max_seqlen": 1000}
    return {"lang_code": "", "config": json.dumps(config), "vocab": json.dumps(vocabulary)}


class _Graph:
    """Nodes on booleans `(batch, length)`."""

    def __init__(self, helper):
        self._helper = helper
        self.nodes = []

    def node(self, operation, *inputs, output=None, **attributes):
        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        output = output or f"tensor_{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(operation, names, [output], **attributes))
        return output

    def any(self, first, *others):
        return self._joined("Or", first, others)

    def all(self, first, *others):
        return self._joined("And", first, others)

    def earlier(self, tensor, count):
        """Returns the values `count` characters before each one, False before the text."""
        return self._shifted(tensor, [0, count, 0, 0], [0], [-count])

    def later(self, tensor, count):
        """Returns the values `count` characters after each one, False after the text."""
        return self._shifted(tensor, [0, 0, 0, count], [count], [np.iinfo("int64").max])

    def scores(self, ends):
        """Makes the scores an output: class 0, or class 2 at the end of a sentence."""
        is_end = self.node("Cast", self.node("Unsqueeze", ends, np.array([2])), to=1)
        weights = np.zeros((1, 1, _NUM_CLASSES), "float32")
        weights[..., _END_CLASS] = 2.0
        first = np.eye(1, _NUM_CLASSES, dtype="float32")[np.newaxis]
        self.node("Add", self.node("Mul", is_end, weights), first, output="scores")

    def _joined(self, operation, tensor, others):
        for other in others:
            tensor = self.node(operation, tensor, other)
        return tensor

    def _shifted(self, tensor, pads, start, end):
        number = self.node("Cast", tensor, to=1)
        padded = self.node("Pad", number, np.array(pads))
        part = self.node("Slice", padded, np.array(start), np.array(end), np.array([1]))
        return self.node("Cast", part, to=9)

    def _constant(self, value):
        from onnx import numpy_helper  # noqa: PLC0415

        name = f"constant_{len(self.nodes)}"
        self.nodes.append(
            self._helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value), name))
        )
        return name
