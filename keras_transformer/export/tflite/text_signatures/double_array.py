import dataclasses

import numpy as np

from keras_transformer.export.tflite.text_signatures.narrow import narrow

# Slots of a double array. The dead slot has no children, so a walk stays there.
DEAD, ROOT = 0, 1


@dataclasses.dataclass(frozen=True)
class DoubleArray:
    """A trie in arrays. The child of slot `s` with the label `c` is at `base[s] + c` if `check` there is `s`.

    Args:
        base: `(slots,)` integers.
        check: `(slots,)` integers, the slot of the parent. The label of a slot is `slot - base[check[slot]]`.
        value: `(slots,)` integers, the value of the key that ends at a slot, or 0.
        longest: number of labels of the longest key.
        slots: the slot of each key.
    """

    base: np.ndarray
    check: np.ndarray
    value: np.ndarray
    longest: int
    slots: dict


def build_double_array(keys):
    """Builds a `DoubleArray`.

    Args:
        keys: a dictionary from tuples of labels, integers of at least 1, to values. Frequent labels should be small,
            because `base` is never negative.

    Returns:
        The `DoubleArray`. Labels up to the greatest label of the keys never lead out of its arrays.
    """
    children = _children(keys)
    greatest = max((label for key in keys for label in key), default=0)
    base_of, free = {}, _FreeSlots()
    free.use(DEAD)
    free.use(ROOT)
    # Nodes with many children first: few places have room for them.
    for node in sorted(children, key=lambda node: -len(children[node])):
        base = _free_base(children[node], free)
        base_of[node] = base
        for label in children[node]:
            free.use(base + label)
    slot_of = {(): ROOT} | {(*node, label): base_of[node] + label for node in children for label in children[node]}
    size = max([ROOT, *slot_of.values(), *base_of.values()]) + greatest + 1
    # No walk is at the last slot, so it is the parent of the slots without one. Walks to the root stay there.
    base, check, value = np.zeros(size, "int32"), np.full(size, size - 1), np.zeros(size, "int32")
    check[[DEAD, ROOT]] = DEAD, ROOT
    for node, position in base_of.items():
        base[slot_of[node]] = position
    for node, slot in slot_of.items():
        if node:
            check[slot] = slot_of[node[:-1]]
    for key, number in keys.items():
        value[slot_of[key]] = number
    longest = max(map(len, keys), default=0)
    return DoubleArray(narrow(base), narrow(check), narrow(value), longest, {key: slot_of[key] for key in keys})


def _children(keys):
    """Returns the sorted labels of the children of every inner node, a prefix of keys."""
    children = {(): set()}
    for key in keys:
        for length in range(len(key)):
            children.setdefault(key[:length], set()).add(key[length])
    return {node: sorted(labels) for node, labels in children.items()}


def _free_base(labels, free):
    """Returns the smallest base after the root with free slots for all labels. The label 0 never leads to the root."""
    slot = free.next(ROOT + 1 + labels[0] if labels else 0)
    while True:
        base = slot - labels[0] if labels else ROOT + 1
        if all(free.is_free(base + label) for label in labels):
            return base
        slot = free.next(slot + 1)


class _FreeSlots:
    """The free slots, with a fast search for the next one."""

    def __init__(self):
        self._next = {}  # For each used slot, a slot after it that may be free.

    def is_free(self, slot):
        return slot not in self._next

    def use(self, slot):
        self._next[slot] = slot + 1

    def next(self, slot):
        """Returns the first free slot from `slot` on."""
        passed = []
        while slot in self._next:
            passed.append(slot)
            slot = self._next[slot]
        for each in passed:
            self._next[each] = slot
        return slot
