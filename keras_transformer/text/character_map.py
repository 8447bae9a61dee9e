"""The map by which a SentencePiece model normalises text: byte strings to byte strings, in one compiled trie.

SentencePiece compiles such a map only from Unicode characters. Written here, its keys can be single bytes as well.

Reference:
    Yata's Darts-clone, the double-array trie that SentencePiece uses: a node at `position` with the children's base
    `position ^ offset` has the child of byte `b` at `base ^ b`, and its value at `base`. Equal nodes share a base,
    or a map of all composed characters of Unicode would take megabytes.
"""

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

_HAS_LEAF = 1 << 8
_IS_VALUE = 1 << 31
_OFFSET_SHIFT = 10
_SEARCHED = 2 * 256


def character_rules(model):
    """The rules by which a SentencePiece model normalises text.

    Args:
        model: the bytes of the model.

    Returns:
        A dictionary of strings by strings.
    """
    if not sentencepiece_model_pb2.ModelProto.FromString(model).normalizer_spec.precompiled_charsmap:
        return {}
    return dict(sentencepiece.SentencePieceNormalizer(model_proto=model).decompile())


def write_character_map(rules):
    """Compiles a map.

    Args:
        rules: a dictionary of bytes by bytes, without zero bytes; where several keys fit, the longest one counts.

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
    """The trie of a dictionary of integers by byte strings, in which equal nodes are one.

    Returns:
        Its root. A node is a tuple of pairs: a byte and the child, or None and the value.
    """
    shared = {}
    path = [{}]  # The nodes from the root to the last key, which still grow.

    def close(depth):
        """Shares the nodes below `depth`: no later key goes through them."""
        while len(path) > depth + 1:
            node = tuple(path.pop().items())
            # Children are shared already, so that a node is known by theirs.
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
    """The units of a trie."""
    # A value where no child is: it has the label of no byte. At base 0 the root would be its own child.
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
            # Holes far behind are given up, or the search for one would take the square of the number of nodes.
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
    """The first base from `candidate` on at which all children of a node find room."""
    labels = [label or 0 for label, _ in node]
    while True:
        base = candidate ^ labels[0]
        # Two nodes of one base could not be told apart.
        if base not in bases and not any(base ^ label in is_used for label in labels):
            return base
        candidate += 1
