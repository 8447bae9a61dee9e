import random

import pytest
import tensorflow as tf
from test_double_array import value_of

from keras_transformer.export.tflite.text_signatures.double_array import build_double_array
from keras_transformer.export.tflite.text_signatures.graph_parts import walk

NUM_LABELS = 3


@pytest.mark.parametrize("longest", [1, 5, 16, 17, 30])
def test_a_walk_has_the_values_of_all_substrings(longest):
    draw = random.Random(longest)

    def string(length):
        return tuple(draw.choices(range(1, NUM_LABELS + 1), k=length))

    keys = [string(draw.randint(1, longest)) for _ in range(50)] + [string(longest)]
    trie = build_double_array({key: number for number, key in enumerate(dict.fromkeys(keys), 1)})
    # Keys are parts of the text. 0 is no label.
    text = [label for key in draw.sample(keys, 10) + keys[-1:] for label in (*key, *draw.choices([(0,), ()])[0])]
    vector = tf.TensorSpec((None,), tf.int32)
    found = tf.function(lambda *vectors: walk(trie, *vectors), input_signature=[vector] * 2)(text, range(len(text)))
    found = found.numpy()
    assert found.shape == (longest, len(text))
    for start in range(len(text)):
        for length in range(1, longest + 1):
            substring = tuple(text[start : start + length])
            expected = value_of(trie, substring) if len(substring) == length else 0
            assert found[length - 1, start] == expected
