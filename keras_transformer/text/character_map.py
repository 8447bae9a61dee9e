"""The normalisation map of a SentencePiece model: byte strings to byte strings, in a compiled trie.

SentencePiece compiles such a map only from Unicode characters. This module also supports single bytes as keys.

Reference:
    Yata's Darts-clone, the double-array trie of SentencePiece: a node at `position` with the children's base
    `position ^ offset` has the child of byte `b` at `base ^ b`, and its value at `base`. Equal nodes share a base.
    Without sharing, a map of all composed characters of Unicode would take megabytes.
"""

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError

_HAS_LEAF = 1 << 8
_IS_VALUE = 1 << 31
_OFFSET_SHIFT = 10
_SEARCHED = 2 * 256
# Rules of all composed characters of Unicode have 3 MB.
_MOST_BYTES = 2**26
_MOST_KEY_BYTES = 1000
_DAMAGED = "expected a SentencePiece model, but its normalisation is damaged."


def character_rules(model):
    """Returns the normalisation rules of a SentencePiece model.

    Args:
        model: the bytes of the model.

    Returns:
        A dictionary from string to string.
    """
    if not sentencepiece_model_pb2.ModelProto.FromString(model).normalizer_spec.precompiled_charsmap:
        return {}
    return dict(sentencepiece.SentencePieceNormalizer(model_proto=model).decompile())


def check_character_maps(proto):
    """Raises an InputError if a map of a SentencePiece model is damaged, or has rules of too many bytes.

    SentencePiece does not check the trie. With a circle in it, the rules have no end. A position outside of it ends the
    program.

    Args:
        proto: the `ModelProto`.
    """
    for spec in (proto.normalizer_spec, proto.denormalizer_spec):
        if spec.precompiled_charsmap:
            _check_character_map(spec.precompiled_charsmap)


def _check_character_map(compiled):
    size = int.from_bytes(compiled[:4], "little")
    if size % 4 or not 4 <= size < len(compiled) - 4 or compiled[-1]:
        raise InputError(_DAMAGED)
    units = np.frombuffer(compiled, "<u4", size // 4, offset=4).astype(np.int64)
    lengths = _lengths_of_strings(compiled[4 + size :])
    # The child with the label `b` of a node with the base `p ^ b` is at `p`.
    positions = np.flatnonzero(units & _IS_VALUE == 0)
    parents = positions ^ (units[positions] & 0xFF)
    order = np.argsort(parents, kind="stable")
    positions, parents = positions[order], parents[order]
    nodes, num_paths, key_bytes, num_bytes = np.zeros(1, np.int64), np.ones(1), 0, 0.0
    while nodes.size:
        found = units[nodes]
        bases = nodes ^ (found >> _OFFSET_SHIFT) << ((found & 1 << 9) >> 6)
        if key_bytes > _MOST_KEY_BYTES or bases.max() | 0xFF >= len(units):
            raise InputError(_DAMAGED)
        has_leaf = found & _HAS_LEAF != 0
        values = units[bases[has_leaf]] & _IS_VALUE - 1
        if values.size and values.max() >= len(lengths):
            raise InputError(_DAMAGED)
        num_bytes += (num_paths[has_leaf] * (key_bytes + lengths[values])).sum()
        # A few nodes that are shared can have more paths than a number counts.
        if num_bytes > _MOST_BYTES or num_paths.sum() > _MOST_BYTES:
            raise InputError("expected a SentencePiece model, but its normalisation has too many rules.")
        starts, ends = np.searchsorted(parents, bases), np.searchsorted(parents, bases, "right")
        counts = ends - starts
        children = positions[np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())]
        nodes, places = np.unique(children, return_inverse=True)
        num_paths = np.bincount(places, np.repeat(num_paths, counts), len(nodes))
        key_bytes += 1


def _lengths_of_strings(content):
    """Returns for each position of a byte string the number of bytes up to the next zero byte."""
    zeros = np.flatnonzero(np.frombuffer(content, np.uint8) == 0)
    positions = np.arange(len(content))
    return zeros[np.searchsorted(zeros, positions)] - positions


def write_character_map(rules):
    """Compiles a map.

    Args:
        rules: a dictionary from bytes to bytes, without zero bytes. If several keys match, the longest one is used.

    Returns:
        Bytes for `normalizer_spec.precompiled_charsmap`.
    """
    replacements, starts = bytearray(), {}
    for replacement in rules.values():
        if replacement not in starts:
            starts[replacement] = len(replacements)
            replacements += replacement + b"\0"
    units = _double_array(_shared_trie({key: starts[replacement] for key, replacement in rules.items()}))
    trie = np.array(units, "<u4").tobytes()
    return len(trie).to_bytes(4, "little") + trie + bytes(replacements)


def _shared_trie(values):
    """Builds the trie of a dictionary from byte strings to integers, with shared equal nodes.

    Returns:
        The root. A node is a tuple of pairs of a byte and the child, or of None and the value.
    """
    shared = {}
    path = [{}]  # The nodes from the root to the last key, which can still change.

    def close(depth):
        """Shares the nodes below `depth`: no later key goes through them."""
        while len(path) > depth + 1:
            node = tuple(path.pop().items())
            # Children are shared already, so equal nodes have identical children.
            identity = tuple((label, child if label is None else id(child)) for label, child in node)
            path[-1][last[len(path) - 1]] = shared.setdefault(identity, node)

    last = b""
    for key in sorted(values):
        common = next((at for at, (a, b) in enumerate(zip(key, last)) if a != b), min(len(key), len(last)))
        close(common)
        path += [{} for _ in key[common:]]
        path[-1][None] = values[key]
        last = key
    close(0)
    return tuple(path[0].items())


def _double_array(root):
    """Returns the units of a trie."""
    # Values are at positions without a child, with no byte's label. At base 0 the root would be its own child.
    units, is_used = [0] + [_IS_VALUE] * 255, {0}
    base_of, bases = {}, {0}
    first_free = 1
    waiting = [(0, root)]
    while waiting:
        position, node = waiting.pop()
        base = base_of.get(id(node))
        if base is None:
            while first_free in is_used:
                first_free += 1
            # Early gaps are dropped. Otherwise, the search time would grow with the square of the number of nodes.
            base = _free_base(node, is_used, bases, max(first_free, len(units) - _SEARCHED))
            base_of[id(node)] = base
            bases.add(base)
            units += [_IS_VALUE] * (((base | 0xFF) + 1) - len(units))
            for label, child in node:
                is_used.add(base ^ (label or 0))
                if label is None:
                    units[base] = child | _IS_VALUE
                else:
                    units[base ^ label] = label
                    waiting.append((base ^ label, child))
        units[position] |= (position ^ base) << _OFFSET_SHIFT
        if any(label is None for label, _ in node):
            units[position] |= _HAS_LEAF
    return units


def _free_base(node, is_used, bases, candidate):
    """Returns the first base from `candidate` on with free positions for all children of a node."""
    labels = [label or 0 for label, _ in node]
    while True:
        base = candidate ^ labels[0]
        # Two nodes with the same base could not be distinguished.
        if base not in bases and not any(base ^ label in is_used for label in labels):
            return base
        candidate += 1
