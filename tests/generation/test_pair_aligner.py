"""Word alignments by cross-attention, against the sums over words written out in loops."""

import numpy as np
import pytest

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.errors import InputError
from keras_transformer.generation import cross_attention
from keras_transformer.generation.pair_aligner import PairAligner
from keras_transformer.models import TransformerConfig, build_transformer, transformer_parts
from keras_transformer.text import Tokenizers, learn_vocabulary
from keras_transformer.text.pharaoh import pharaoh

PAIRS = [
    ("나는 어제 카페에 갔다.", "I went to the cafe yesterday."),
    ("", "nothing"),
    ("학생들은 매일 책을 읽는다.", ""),
    ("  두   칸 ", "two spaces"),
    ("하나", "one"),
    (" ".join(["긴"] * 30), "a long source that is cut"),
]
MAX_LENGTH = 24


@pytest.fixture(scope="module")
def model_and_tokenizers():
    tokenizers = Tokenizers(learn_vocabulary([text for pair in PAIRS for text in pair if text]))
    config = TransformerConfig(
        vocabulary_size=tokenizers.source.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=3,
        hidden_dim=16,
        intermediate_dim=16,
        num_heads=2,
        max_length=MAX_LENGTH,
    )
    return build_transformer(config), tokenizers


def links_in_loops(model, tokenizers, source, target, blocks):
    """Links each target word to the source word with most attention, one pair and one word at a time."""
    source_ids = tokenizers.encode_source([source], MAX_LENGTH)
    labels = tokenizers.encode_target([target], MAX_LENGTH)
    scores = np.array(cross_attention(transformer_parts(model), source_ids, shift_targets(labels)))
    attention = scores[blocks, 0].mean(axis=(0, 1))
    source_words = tokenizers.source.word_positions(source)[: MAX_LENGTH - 1]
    target_words = tokenizers.target.word_positions(target)[: MAX_LENGTH - 1]
    links = []
    for word in sorted(set(target_words)):
        sums = {}
        for row, target_word in enumerate(target_words):
            for column, source_word in enumerate(source_words):
                if target_word == word:
                    sums[source_word] = sums.get(source_word, 0.0) + attention[row, column]
        if sums:
            links.append((max(sums, key=sums.get), word))
    return sorted(links)


@pytest.mark.parametrize(("layer", "blocks"), [(None, [0, 1]), (1, [0]), (3, [2])])
def test_the_links_are_those_of_the_largest_sum(model_and_tokenizers, layer, blocks):
    found = PairAligner(*model_and_tokenizers).align(PAIRS, layer, batch_size=4)
    assert found == [links_in_loops(*model_and_tokenizers, *pair, blocks) for pair in PAIRS]
    assert [target for _, target in sorted(found[0], key=lambda link: link[1])] == list(range(6))
    assert found[1] == found[2] == []
    assert {source for source, _ in found[3]} <= {0, 1}
    assert found[4] == [(0, 0)]


@pytest.mark.parametrize("layer", [0, 4])
def test_a_block_that_the_model_lacks_is_refused(model_and_tokenizers, layer):
    with pytest.raises(InputError, match=rf"from 1 to 3, the decoder blocks. Received: layer={layer}"):
        PairAligner(*model_and_tokenizers).align(PAIRS[:1], layer, batch_size=4)


def test_the_pharaoh_format():
    assert pharaoh([(0, 0), (2, 1)]) == "0-0 2-1"
    assert pharaoh([]) == ""
