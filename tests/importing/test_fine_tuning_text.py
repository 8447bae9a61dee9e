"""Text for the fine-tuning of an imported model: sampled segmentations, and translations with unknown pieces."""

import pytest
from marian_folders import LANGUAGES, make_plain_folder

from keras_transformer.importing.marian_folder import MarianFolder

SMALL = {"encoder_layers": 1, "decoder_layers": 1}


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_sampling_keeps_language_tokens(model_type, tmp_path):
    pieces = {"model_type": model_type, "size": 220}
    folder = make_plain_folder(tmp_path / "folder", languages=LANGUAGES, pieces=pieces, **SMALL)
    tokenizer = MarianFolder(folder).tokenizers.source
    texts = [">>fra<< bade figo kuma", ">>fra<<bade figo", ">>xxx<< sodi"] * 100
    rows = tokenizer.tokenize(texts, sampling=0.2, seed=1).to_list()
    tokens = tokenizer.all_tokens()
    assert {tokens[row[0]] for row in rows} == {"▁>>fra<<", "▁>>?<<"}
    assert len(set(map(tuple, rows))) > 20
