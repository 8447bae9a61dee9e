import numpy as np

from keras_transformer.export.onnx.weights_file import WEIGHTS_NAME

# LayerNormalization is in 17. onnxruntime has both versions since 1.12 and 1.13.
OPSET, IR_VERSION = 17, 8
# Smaller weights are stored in the graph.
_SMALLEST_EXTERNAL = 1024


class GraphWriter:
    """Writes a graph of ONNX, node by node. Names of tensors are chosen by the writer.

    Args:
        name: the name of the graph.
        weights: the `WeightsFile`, which graphs can share.
    """

    def __init__(self, name, weights):
        from onnx import helper, numpy_helper  # noqa: PLC0415 (an optional dependency)

        self._helper, self._numpy_helper = helper, numpy_helper
        self._name, self._weights = name, weights
        self._nodes, self._inputs, self._outputs = [], [], []
        self._initializers = {}

    def input(self, name, kind, shape):
        """Adds an input and returns its name.

        Args:
            name: its name.
            kind: "INT64", "FLOAT" or "BOOL".
            shape: a list of integers and of names of dynamic dimensions.
        """
        self._inputs.append(self._info(name, kind, shape))
        return name

    def output(self, tensor, name, kind, shape):
        """Makes a tensor an output. The other arguments are those of `input`."""
        self._nodes.append(self._helper.make_node("Identity", [tensor], [name], name=name))
        self._outputs.append(self._info(name, kind, shape))

    def node(self, operation, *inputs, outputs=1, **attributes):
        """Adds a node.

        Args:
            operation: the name of the operator.
            *inputs: names of tensors, or arrays and numbers, which become constants.
            outputs: number of outputs. Default 1.
            **attributes: attributes of the operator.

        Returns:
            The name of the output, or a list of names.
        """
        number = len(self._nodes)
        names = [f"{operation.lower()}_{number}_{index}" for index in range(outputs)]
        given = [tensor if isinstance(tensor, str) else self.constant(tensor) for tensor in inputs]
        self._nodes.append(self._helper.make_node(operation, given, names, name=f"{operation}_{number}", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value):
        """Returns the name of a constant. Integers are int64 and floats float32."""
        array = np.asarray(value)
        array = array.astype("float32" if array.dtype.kind == "f" else array.dtype)
        name = f"constant_{array.dtype}_{'x'.join(map(str, array.shape))}_{array.tobytes().hex()}"
        if array.nbytes > 64:
            name = f"constant_{len(self._initializers)}"
        if name not in self._initializers:
            self._initializers[name] = self._numpy_helper.from_array(array, name)
        return name

    def weight(self, name, array):
        """Returns the name of a weight. Large weights are stored once in the `WeightsFile`.

        Args:
            name: the name of the weight, the same in all graphs that share it.
            array: a float32 array.
        """
        if name not in self._initializers:
            tensor = self._numpy_helper.from_array(array[:0] if array.nbytes >= _SMALLEST_EXTERNAL else array, name)
            if array.nbytes >= _SMALLEST_EXTERNAL:
                tensor.ClearField("raw_data")
                tensor.ClearField("dims")
                tensor.dims.extend(array.shape)
                tensor.data_location = tensor.EXTERNAL
                start, length = self._weights.place(name, array)
                for key, value in (("location", WEIGHTS_NAME), ("offset", start), ("length", length)):
                    tensor.external_data.add(key=key, value=str(value))
            self._initializers[name] = tensor
        return name

    def save(self, path):
        """Writes the graph."""
        from onnx import checker  # noqa: PLC0415

        graph = self._helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, list(self._initializers.values())
        )
        model = self._helper.make_model(
            graph,
            producer_name="keras-transformer",
            ir_version=IR_VERSION,
            opset_imports=[self._helper.make_opsetid("", OPSET)],
        )
        path.write_bytes(model.SerializeToString())
        checker.check_model(str(path))

    def _info(self, name, kind, shape):
        from onnx import TensorProto  # noqa: PLC0415

        return self._helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)
