"""Word alignments by cross-attention, against the sums over words written out in loops."""

import dataclasses

import numpy as np
import pytest

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.errors import InputError
from keras_transformer.generation import cross_attention
from keras_transformer.generation.pair_aligner import PairAligner
from keras_transformer.models import Ensemble, TransformerConfig, build_transformer, transformer_parts
from keras_transformer.text import Tokenizers, learn_vocabulary
from keras_transformer.text.pharaoh import pharaoh
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.translator import Translator

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


def attention_of(model, tokenizers, source, target):
    """The attention of all heads, `(num_layers, num_heads, target_length, source_length)`."""
    parts = transformer_parts(model)
    source_ids = tokenizers.encode_source([source], parts.config.max_length)
    labels = tokenizers.encode_target([target], parts.config.max_length)
    return np.array(cross_attention(parts, source_ids, shift_targets(labels)))[:, 0]


def words_of(tokenizers, source, target, max_length=MAX_LENGTH):
    sides = ((tokenizers.source, source), (tokenizers.target, target))
    return [tokenizer.word_positions(text)[: max_length - 1] for tokenizer, text in sides]


def links_in_loops(model, tokenizers, source, target, blocks, heads=None):
    """Links each target word to the source word with most attention. `heads` are those of the blocks, or all."""
    attention = attention_of(model, tokenizers, source, target)
    attention = attention[blocks].mean(axis=(0, 1)) if heads is None else attention[blocks, heads].mean(axis=0)
    return best_links(attention, *words_of(tokenizers, source, target))


def best_links(attention, source_words, target_words):
    """One word at a time."""
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


def test_guided_heads_are_read_by_default(model_and_tokenizers):
    aligner = PairAligner(*model_and_tokenizers, [((2, 1), (3, 2))])
    found = aligner.align(PAIRS, None, batch_size=4)
    assert found == [links_in_loops(*model_and_tokenizers, *pair, [1, 2], [0, 1]) for pair in PAIRS]
    one = PairAligner(*model_and_tokenizers).align(PAIRS, 3, batch_size=4, head=2)
    assert one == [links_in_loops(*model_and_tokenizers, *pair, [2], [1]) for pair in PAIRS]
    assert one != found


@pytest.mark.slow
def test_an_ensemble_reads_the_mean_of_its_models(model_and_tokenizers):
    model, tokenizers = model_and_tokenizers
    other = build_transformer(transformer_parts(model).config)
    ensemble = Ensemble([model, other], [((2, 1),), None])
    found = Translator(ensemble, tokenizers).align(PAIRS)
    expected = [
        best_links(
            attention_of(model, tokenizers, *pair)[1, 0] + attention_of(other, tokenizers, *pair)[:2].mean(axis=(0, 1)),
            *words_of(tokenizers, *pair),
        )
        for pair in PAIRS
    ]
    assert found == expected
    same = Translator(Ensemble([model, model]), tokenizers).align(PAIRS)
    assert same == PairAligner(model, tokenizers).align(PAIRS, None, batch_size=4)


def test_parts_that_both_sides_have_are_linked_to_each_other(model_and_tokenizers):
    texts = ["see ｟url1｠ in ｟number1｠ now", "nach ｟number1｠ siehe ｟url1｠"]
    tokenizer = learn_vocabulary(texts, user_defined_symbols=placeholder_symbols(["url", "number"]))
    tokenizers = Tokenizers(tokenizer)
    config = dataclasses.replace(
        transformer_parts(model_and_tokenizers[0]).config,
        vocabulary_size=tokenizer.vocabulary_size,
        target_vocabulary_size=None,
        max_length=2 * MAX_LENGTH,
    )
    model = build_transformer(config)
    pair = ("see https://a.b/c in 5 km now", "nach 5 km siehe https://a.b/c")
    masked = best_links(
        attention_of(model, tokenizers, *texts)[:2].mean(axis=(0, 1)), *words_of(tokenizers, *texts, 2 * MAX_LENGTH)
    )
    # Equal symbols are linked, whatever the attention is.
    masked = [({1: 3, 3: 1}.get(target, source), target) for source, target in masked]
    # Source words: see, URL, in, 5, km, now. Target words: nach, 5, km, siehe, URL.
    sources = {0: [0], 1: [1], 2: [2], 3: [3, 4], 4: [5]}
    targets = {0: [0], 1: [1, 2], 2: [3], 3: [4]}
    expected = sorted(
        (sources[source][min(index, len(sources[source]) - 1)], target)
        for source, word in masked
        for index, target in enumerate(targets[word])
    )
    assert len(expected) == 5
    assert PairAligner(model, tokenizers).align([pair, ("", "")], None, batch_size=4) == [expected, []]


@pytest.mark.parametrize("layer", [0, 4])
def test_a_block_that_the_model_lacks_is_refused(model_and_tokenizers, layer):
    with pytest.raises(InputError, match=rf"from 1 to 3, the decoder blocks. Received: layer={layer}"):
        PairAligner(*model_and_tokenizers).align(PAIRS[:1], layer, batch_size=4)


def test_a_head_that_the_model_lacks_is_refused(model_and_tokenizers):
    with pytest.raises(InputError, match="`head` must be from 1 to 2, the heads of a block. Received: head=3"):
        PairAligner(*model_and_tokenizers).align(PAIRS[:1], 1, batch_size=4, head=3)
    with pytest.raises(InputError, match="`head` needs `layer`"):
        PairAligner(*model_and_tokenizers).align(PAIRS[:1], None, batch_size=4, head=1)
    with pytest.raises(InputError, match="Received: layer=4"):
        PairAligner(*model_and_tokenizers, [((4, 1),)])


def test_the_pharaoh_format():
    assert pharaoh([(0, 0), (2, 1)]) == "0-0 2-1"
    assert pharaoh([]) == ""
