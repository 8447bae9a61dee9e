"""Counts the bytes of the collective operations in the text of a program that XLA compiled."""

import collections
import math
import re

_OPERATION = re.compile(
    r"= (?P<shapes>.*?) (?P<kind>all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute)(-start)?\("
)
_SHAPE = re.compile(r"\b(?P<kind>pred|[a-z]+\d+)\[(?P<sizes>[\d,]*)\]")
_BODY = re.compile(r"body=%(?P<name>[\w.-]+)")
_COMPUTATION = re.compile(r"^(ENTRY )?%(?P<name>[\w.-]+) \(")
# Bytes that a device sends, divided by those of the result, for a group of some devices.
_SENT = {
    "all-reduce": lambda devices: 2 * (devices - 1) / devices,
    "all-gather": lambda devices: (devices - 1) / devices,
    "all-to-all": lambda devices: (devices - 1) / devices,
    "reduce-scatter": lambda devices: devices - 1,
}


def sent_bytes(program, devices):
    """Adds up the bytes that a device sends, on average, in one run of a program.

    Args:
        program: the text of `jax.stages.Compiled.as_text()`.
        devices: number of devices of the program.

    Returns:
        A dictionary of bytes by the kind of the operation and the number of devices of its groups, such as
        `{("all-reduce", 4): 1024.0}`. Sums are by rings. A permutation has the number 0.

    Raises:
        ValueError: an operation is in a loop, so that its number of runs is unknown, or its groups cannot be read.

    Example:

    >>> line = "%sum = f32[4]{0} all-reduce(%x), replica_groups={{0,1},{2,3}}, to_apply=%add"
    >>> sent_bytes(line, devices=4)
    {('all-reduce', 2): 16.0}
    """
    bodies = {match["name"] for match in _BODY.finditer(program)}
    found, computation = collections.Counter(), None
    for line in program.splitlines():
        if header := _COMPUTATION.match(line):
            computation = header["name"]
        match = _OPERATION.search(line)
        if not match:
            continue
        if computation in bodies:
            raise ValueError(f"The number of runs of an operation in a loop is unknown: {line.strip()[:200]}")
        size = sum(_bytes(shape) for shape in _SHAPE.finditer(match["shapes"]))
        if match["kind"] == "collective-permute":
            pairs = re.search(r"source_target_pairs=\{((\{\d+,\d+\},?)*)\}", line)[1].count("{")
            found["collective-permute", 0] += size * pairs / devices
        else:
            group = _group_size(line, devices)
            found[match["kind"], group] += size * _SENT[match["kind"]](group)
    return dict(found)


def _bytes(shape):
    bits = 8 if shape["kind"] == "pred" else int(re.search(r"\d+", shape["kind"])[0])
    return bits // 8 * math.prod(int(size) for size in shape["sizes"].split(",") if size)


def _group_size(line, devices):
    if listed := re.search(r"replica_groups=\{\{([\d,]*)\}", line):
        return listed[1].count(",") + 1
    if shaped := re.search(r"replica_groups=\[\d+,(\d+)\]", line):
        return int(shaped[1])
    if named := re.search(r"replica_groups=mesh\[(.*?)\].*? \{(.*?)\}", line):
        sizes = {name: int(size) for name, size in re.findall(r"'(\w+)'=(\d+)", named[1])}
        return math.prod(sizes[name] for name in re.findall(r"'(\w+)'", named[2]))
    if "replica_groups={}" in line:
        return devices
    raise ValueError(f"The groups of an operation cannot be read: {line.strip()[:200]}")
