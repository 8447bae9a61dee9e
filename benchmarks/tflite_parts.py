"""Splits the bytes of a `.tflite` file into weights, tables of the tokenizer and the graph of each signature.

Usage: python benchmarks/tflite_parts.py FILE.tflite …
"""

import argparse
import pathlib

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from keras_transformer.export.tflite.tflite_file import shrink

# The signature that uses all weights and no table of the tokenizer.
WITHOUT_TOKENIZER = "translate"


def part_sizes(content):
    """Returns the bytes of each part of a `.tflite` file.

    Args:
        content: the bytes of the file.

    Returns:
        A dictionary. `weights` are the constants of the signature `translate`, `tables` are all others. `graph of NAME`
        is the difference in bytes, without constants, between the file and the file without that signature. Graphs of
        all signatures together are larger than the sum, by what they share.
    """
    model = _parse(content)
    weights = _buffers(model, _reached(model, WITHOUT_TOKENIZER))
    sizes = {number: 0 if buffer.data is None else len(buffer.data) for number, buffer in enumerate(model.buffers)}
    names = [signature.signatureKey.decode() for signature in model.signatureDefs]
    whole = _graph_size(content, names)
    without = {name: _graph_size(content, [kept for kept in names if kept != name]) for name in names}
    return {
        "weights": sum(sizes[number] for number in weights),
        "tables": sum(size for number, size in sizes.items() if number not in weights),
        **{f"graph of {name}": whole - size for name, size in without.items()},
        "all": len(content),
    }


def _parse(content):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def _graph_size(content, names):
    """Returns the bytes of the file with these signatures and without constants."""
    model = _parse(content)
    for buffer in model.buffers:
        buffer.data = None
    model.signatureDefs = [one for one in model.signatureDefs if one.signatureKey.decode() in names]
    kept = {index for name in names for index in _reached(model, name)}
    for index, subgraph in enumerate(model.subgraphs):
        if index not in kept:
            subgraph.operators = []
            subgraph.tensors = []
            subgraph.inputs = subgraph.outputs = np.array([], "int32")
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return len(shrink(bytes(builder.Output())))


def _reached(model, name):
    """Returns the numbers of the subgraphs that a signature runs."""
    (first,) = (one.subgraphIndex for one in model.signatureDefs if one.signatureKey.decode() == name)
    reached, waiting = set(), [first]
    while waiting:
        index = waiting.pop()
        if index not in reached:
            reached.add(index)
            for operator in model.subgraphs[index].operators:
                options = vars(operator.builtinOptions) if operator.builtinOptions else {}
                waiting += [number for key, number in options.items() if key.endswith("SubgraphIndex")]
    return reached


def _buffers(model, subgraphs):
    return {tensor.buffer for index in subgraphs for tensor in model.subgraphs[index].tensors}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path, nargs="+")
    for file in parser.parse_args().file:
        print(f"\n{file}\n\n| part | bytes |\n|---|---|")
        for part, size in part_sizes(file.read_bytes()).items():
            print(f"| {part} | {size:,} |")


if __name__ == "__main__":
    main()
