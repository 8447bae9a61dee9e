"""Tests of sampled segmentations: their distribution, the effect of seeds, and unchanged text."""

import collections
import itertools
import subprocess
import sys

import numpy as np
import pytest
import sentencepiece

from keras_transformer.text import learn_vocabulary
from keras_transformer.text.subword_sampler import SubwordSampler

LINES = [
    "The old farmer waits for the train near the river.",
    "나는 어제 카페에 갔다.",
    "Wörter, die lang sind: Donaudampfschifffahrt 🙂!",
    "",
    "  two  spaces ",
]


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def processor(request, lines):
    model = learn_vocabulary([*lines, *LINES], 370, model_type=request.param).model
    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(model)
    return processor


@pytest.fixture(scope="module")
def unigram(lines):
    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(learn_vocabulary(lines, 350).model)
    return processor


def test_sampled_tokens_spell_the_text(processor):
    rows = SubwordSampler(processor, 0.1).sample(LINES * 20, seed=1)
    assert [processor.decode(row) for row in rows] == [processor.decode(processor.encode(line)) for line in LINES * 20]
    assert len({tuple(row) for row in rows}) > 20


def test_the_seed_alone_decides(processor):
    sampler = SubwordSampler(processor, 0.2)
    first = sampler.sample(LINES * 5, seed=7)
    assert sampler.sample(LINES * 5, seed=8) != first
    assert SubwordSampler(processor, 0.2).sample(LINES * 5, seed=7) == first


@pytest.mark.slow
def test_another_process_draws_the_same(processor, tmp_path):
    (tmp_path / "model").write_bytes(processor.serialized_model_proto())
    program = f"""
import sentencepiece
from keras_transformer.text.subword_sampler import SubwordSampler
processor = sentencepiece.SentencePieceProcessor(model_file={str(tmp_path / "model")!r})
print(SubwordSampler(processor, 0.2).sample({LINES!r}, seed=7))
"""
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert output.strip() == str(SubwordSampler(processor, 0.2).sample(LINES, seed=7))


@pytest.mark.parametrize("sampling", [0.2, 1.0])
def test_segmentations_come_as_often_as_their_probability_says(unigram, sampling):
    word, number = "farmer", 20_000
    nbest = unigram.nbest_encode(word, nbest_size=64)
    weights = np.exp(sampling * np.array([sum(map(unigram.get_score, ids)) for ids in nbest]))
    found = collections.Counter(map(tuple, SubwordSampler(unigram, sampling).sample([word] * number, seed=0)))
    for ids, share in zip(nbest, weights / weights.sum(), strict=True):
        deviation = (share * (1 - share) / number) ** 0.5
        assert found[tuple(ids)] / number == pytest.approx(share, abs=5 * deviation)


def test_bpe_leaves_out_merges(lines):
    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(learn_vocabulary(lines, 370, model_type="bpe").model)
    words = sorted(set(itertools.chain.from_iterable(line.split() for line in lines)))
    best = [processor.encode(word) for word in words]
    lengths = {}
    for rate in (1e-9, 0.1, 0.5, 1.0):
        rows = SubwordSampler(processor, rate).sample(words, seed=0)
        lengths[rate] = sum(map(len, rows))
        if rate == 1e-9:
            assert rows == best  # At a rate near 0 the segmentations are SentencePiece's.
        if rate == 1.0:
            pieces = [processor.id_to_piece(token_id) for row in rows for token_id in row]
            assert all(len(piece) == 1 or piece.startswith("<0x") for piece in pieces)
    assert sorted(lengths.values()) == list(lengths.values())
    assert len(set(lengths.values())) == 4


def other_model(lines, tmp_path, **options):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(list(lines) * 3),
        model_prefix=str(tmp_path / "other"),
        vocab_size=150,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "other.model"))


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
@pytest.mark.parametrize("options", [{"add_dummy_prefix": False}, {"split_by_whitespace": False}])
def test_a_model_of_other_words_is_sampled_line_by_line(lines, tmp_path, model_type, options):
    processor = other_model(lines, tmp_path, model_type=model_type, **options)
    lines = [line[:40] for line in lines][:5]
    rows = SubwordSampler(processor, 0.1 if model_type == "unigram" else 0.5).sample(lines, seed=1)

    def spelled(rows):
        return ["".join(map(processor.id_to_piece, row)) for row in rows]

    assert spelled(rows) == spelled(processor.encode(lines))
    assert rows != processor.encode(lines)


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_pieces_that_a_user_defined_stay_whole(lines, tmp_path, model_type):
    processor = other_model(lines, tmp_path, model_type=model_type, user_defined_symbols=["[SEP]"])
    symbol = processor.piece_to_id("[SEP]")
    for row in SubwordSampler(processor, 0.1).sample([f"{lines[0]} [SEP] {lines[1]}[SEP]"] * 20, seed=1):
        assert row.count(symbol) == 2


def test_long_words_are_sampled_and_the_longest_are_not(processor):
    text = "river" * 20
    rows = SubwordSampler(processor, 0.5).sample([text] * 30, seed=1)
    assert 1 < len(set(map(tuple, rows))) <= 8
    assert {processor.decode(row) for row in rows} == {text}
    assert SubwordSampler(processor, 0.1).sample([text * 100], seed=1) == [processor.encode(text * 100)]
