"""The map by which a SentencePiece model normalises text: byte strings to byte strings, in one compiled trie.

SentencePiece compiles such a map only from Unicode characters. Written here, its keys can be single bytes as well.

Reference:
    Yata's Darts-clone, the double-array trie that SentencePiece uses: a node at `position` with the children's base
    `position ^ offset` has the child of byte `b` at `base ^ b`, and its value at `base`.
"""

import numpy as np

_HAS_LEAF = 1 << 8
_IS_VALUE = 1 << 31
_LABEL = _IS_VALUE | 0xFF
_OFFSET_SHIFT = 10
_SEARCHED = 2 * 256
_BYTES = np.arange(1, 256, dtype="uint32")


def read_character_map(compiled):
    """The rules of a compiled map.

    Args:
        compiled: bytes, `normalizer_spec.precompiled_charsmap` of a SentencePiece model; may be empty.

    Returns:
        A dictionary of bytes by bytes.
    """
    if not compiled:
        return {}
    size = int.from_bytes(compiled[:4], "little")
    units = np.frombuffer(compiled[4 : 4 + size], "<u4")
    replacements = compiled[4 + size :]
    rules = {}
    waiting = [(0, b"")]
    while waiting:
        position, key = waiting.pop()
        unit = units[position]
        base = position ^ _offset(int(unit))
        if unit & _HAS_LEAF:
            start = int(units[base]) & ~_IS_VALUE
            rules[key] = replacements[start : replacements.index(b"\0", start)]
        children = base ^ _BYTES
        labels = _BYTES[children < len(units)]
        children = children[children < len(units)]
        for label in labels[(units[children] & _LABEL) == labels].tolist():
            waiting.append((base ^ label, key + bytes([label])))
    return rules


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
    units = _double_array({key: starts[replacement] for key, replacement in rules.items()})
    trie = np.array(units, "<u4").tobytes()
    return len(trie).to_bytes(4, "little") + trie + bytes(replacements)


def _offset(unit):
    return (unit >> _OFFSET_SHIFT) << ((unit & (1 << 9)) >> 6)


def _double_array(values):
    """The units of the trie, for a dictionary of integers by byte strings."""
    root = {}
    for key, value in values.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[None] = value
    units, is_used, bases = [0] * 256, {0}, set()
    first_free = 1
    waiting = [(0, root)]
    while waiting:
        position, node = waiting.pop()
        labels = [label or 0 for label in node]
        while first_free in is_used:
            first_free += 1
        # Holes far behind are given up, or the search for one would take the square of the number of nodes.
        candidate = max(first_free, len(units) - _SEARCHED)
        while True:
            base = candidate ^ labels[0]
            # Two nodes of one base could not be told apart.
            if base not in bases and not any(base ^ label in is_used for label in labels):
                break
            candidate += 1
        bases.add(base)
        units += [0] * (((base | 0xFF) + 1) - len(units))
        units[position] |= (position ^ base) << _OFFSET_SHIFT
        is_used.update(base ^ label for label in labels)
        for label, child in node.items():
            if label is None:
                units[position] |= _HAS_LEAF
                units[base] = child | _IS_VALUE
            else:
                units[base ^ label] = label
                waiting.append((base ^ label, child))
    return units
