"""Text for the fine-tuning of an imported model: sampled segmentations, and translations with unknown pieces."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf
from marian_folders import LANGUAGES, lines_of, make_folder, make_plain_folder

from keras_transformer.data import token_batches
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.special_tokens import UNKNOWN_ID
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator

SMALL = {"encoder_layers": 1, "decoder_layers": 1}


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_sampling_keeps_language_tokens(model_type, tmp_path):
    pieces = {"model_type": model_type, "size": 220}
    folder = make_plain_folder(tmp_path / "folder", languages=LANGUAGES, pieces=pieces, **SMALL)
    tokenizer = MarianFolder(folder).tokenizers.source
    lines = lines_of("source", 100)
    texts = [f"{tag}{line}" for tag in (">>fra<< ", ">>fra<<", ">>xxx<< ") for line in lines]
    rows = tokenizer.tokenize(texts, sampling=0.2, seed=1).to_list()
    tokens = tokenizer.all_tokens()
    assert {tokens[row[0]] for row in rows} == {"▁>>fra<<", "▁>>?<<"}
    assert rows != tokenizer.tokenize(texts).to_list()


DROPPED = ("▁auf", "▁der", "zu", "▁ver")


def pairs_with_dropped_pieces(tokenizers):
    """Returns pairs whose targets are cut into a piece that the vocabulary lacks, and their token ids."""
    targets = lines_of("target", 100, seed=3)
    rows = tokenizers.target.tokenize(targets).to_list()
    count = tokenizers.target.num_generated_tokens
    found = [(target, ids) for target, ids in zip(targets, rows, strict=True) if max(ids) >= count]
    return [("bade figo", target) for target, _ in found], [
        [UNKNOWN_ID if token_id >= count else token_id for token_id in ids] for _, ids in found
    ]


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    return MarianFolder(make_plain_folder(tmp_path_factory.mktemp("marian"), dropped=DROPPED, **SMALL))


def test_pieces_that_the_vocabulary_lacks_are_unknown_in_translations(imported):
    tokenizers = imported.tokenizers
    pairs, expected = pairs_with_dropped_pieces(tokenizers)
    assert len(pairs) > 5
    targets = [target for _, target in pairs]
    encoded = tokenizers.encode_target(targets, 64).numpy()
    assert [row[row > 0][:-1].tolist() for row in encoded] == expected
    # Tokens of text are those that every runtime has.
    assert tokenizers.target.tokenize(targets).to_list() != expected


@pytest.mark.slow
def test_labels_and_scores_have_the_unknown_token(imported):
    translator = Translator(imported.model(), imported.tokenizers)
    pairs, expected = pairs_with_dropped_pieces(translator.tokenizers)
    dataset = tf.data.Dataset.from_tensor_slices(tuple(map(list, zip(*pairs))))
    batches = token_batches(dataset, translator.tokenizers, max_length=64, batch_tokens=64)
    found = [labels[labels > 0][:-1].tolist() for _, batch in batches for labels in batch.numpy()]
    assert sorted(found) == sorted(expected)
    assert min(translator.score(pairs)) > -1000


def test_another_vocabulary_has_no_unknown_pieces():
    tokenizer = learn_vocabulary(["a small text", "another one"])
    assert tokenizer.num_generated_tokens == tokenizer.vocabulary_size


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="Transformers is not installed")
def test_scores_with_unknown_pieces_are_those_of_transformers(tmp_path):
    import torch  # noqa: PLC0415 (an optional dependency)

    model, tokenizer = make_folder(tmp_path / "folder", dropped=DROPPED)
    translator = Translator.from_marian(tmp_path / "folder")
    pairs, _ = pairs_with_dropped_pieces(translator.tokenizers)
    for (source, target), score in zip(pairs, translator.score(pairs), strict=True):
        batch = tokenizer([source], text_target=[target], return_tensors="pt")
        with torch.no_grad():
            logits = model(**batch).logits.log_softmax(-1)
        expected = logits[0].gather(1, batch["labels"][0][:, None]).sum().item()
        np.testing.assert_allclose(score, expected, atol=1e-3)
