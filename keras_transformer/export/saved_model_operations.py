import pathlib

from tensorflow.core.protobuf import saved_model_pb2

# Attribute of an operation, not an operation.
MUST_COMPILE = "XlaMustCompile"


def saved_model_operations(saved_model):
    """Returns the operations of a SavedModel: a sorted dictionary from the name to one node "node@function"."""
    content = (pathlib.Path(saved_model) / "saved_model.pb").read_bytes()
    found = {}
    for meta_graph in saved_model_pb2.SavedModel.FromString(content).meta_graphs:
        for node, name in _nodes(meta_graph.graph_def):
            found.setdefault(node.op, name)
            if node.attr["_XlaMustCompile"].b:
                found.setdefault(MUST_COMPILE, name)
        for function in meta_graph.graph_def.library.function:
            found.pop(function.signature.name, None)  # Calls of functions of the SavedModel.
            if function.attr["_XlaMustCompile"].b:
                found.setdefault(MUST_COMPILE, function.signature.name)
    return dict(sorted(found.items()))


def _nodes(graph):
    """Yields every node of a graph and of its functions, with its name "node@function"."""
    for node in graph.node:
        yield node, f"{node.name}@"
    for function in graph.library.function:
        for node in function.node_def:
            yield node, f"{node.name}@{function.signature.name}"
