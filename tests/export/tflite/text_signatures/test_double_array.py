import random

import pytest

from keras_transformer.export.tflite.text_signatures.double_array import DEAD, ROOT, build_double_array


def value_of(trie, key):
    slot = ROOT
    for label in key:
        child = trie.base[slot] + label
        slot = child if trie.check[child] == slot else DEAD
    assert slot != ROOT
    return trie.value[slot]


@pytest.mark.parametrize("num_labels", [1, 3, 40])
def test_every_key_has_its_value_and_no_other_string_has_one(num_labels):
    draw = random.Random(num_labels)

    def strings(count):
        return [tuple(draw.randint(1, num_labels) for _ in range(draw.randint(1, 6))) for _ in range(count)]

    keys = {key: number for number, key in enumerate(strings(300), 1)}
    trie = build_double_array(keys)
    assert trie.longest == max(map(len, keys))
    for key in [*keys, *strings(1000)]:
        assert value_of(trie, key) == keys.get(key, 0)
    # The label 0 is no character.
    assert all(value_of(trie, (*key, 0)) == 0 for key in [(), *keys])
    assert all(trie.value[trie.slots[key]] == value for key, value in keys.items())


def test_labels_are_found_from_the_slots():
    trie = build_double_array({(1, 2, 3): 5, (1, 4): 6})
    slot, labels = trie.slots[(1, 2, 3)], []
    while slot != ROOT:
        parent = trie.check[slot]
        labels.append(int(slot - trie.base[parent]))
        slot = parent
    assert labels == [3, 2, 1]
