"""Tokens that `generation_config.json` or `config.json` suppresses are never generated."""

import json

import numpy as np
import pytest
from folder_changes import changed_json
from m2m100_folders import make_plain_folder as make_m2m100_folder
from marian_folders import make_plain_folder

from keras_transformer.files.small_files import read_json
from keras_transformer.importing.m2m100_folder import M2M100Folder
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.models import transformer_parts
from keras_transformer.special_tokens import END_ID

SMALL = {"encoder_layers": 1, "decoder_layers": 1}


def bias_of(imported):
    return np.array(transformer_parts(imported.model()).output_bias.bias)


@pytest.mark.parametrize("separate", [False, True])
def test_suppressed_tokens_are_never_generated(separate, tmp_path):
    folder = make_plain_folder(tmp_path / "folder", separate=separate, **SMALL)
    before = MarianFolder(folder).vocabulary.target
    content = {"bad_words_ids": [[0], [20]], "suppress_tokens": [30, 1], "num_beams": 4, "forced_eos_token_id": 0}
    (folder / "generation_config.json").write_text(json.dumps(content), encoding="utf-8")
    changed_json("config.json", bad_words_ids=[[40]])(folder)  # Not read if there is a generation_config.json.
    imported = MarianFolder(folder)
    table, bias = imported.vocabulary.target, bias_of(imported)
    never = {table.tokens[index] for index in np.flatnonzero(table.is_copy)}
    assert {before.tokens[before.rows.tolist().index(row)] for row in (20, 30)} <= never
    assert set(table.rows[~table.is_copy]) == set(before.rows) - {20, 30}
    np.testing.assert_array_equal(bias == -1e4, table.is_copy)
    # In labels, they are unknown.
    assert imported.tokenizers.target.num_generated_tokens == np.flatnonzero(table.is_copy)[table.is_copy[:4].sum()]


def test_the_config_of_older_folders_can_suppress_tokens(tmp_path):
    folder = make_plain_folder(tmp_path / "folder", **SMALL)
    before = MarianFolder(folder)
    padding = read_json(folder / "config.json")["pad_token_id"]
    changed_json("config.json", bad_words_ids=[[padding], [0]], forced_bos_token_id=None)(folder)
    assert MarianFolder(folder).vocabulary.target.tokens == before.vocabulary.target.tokens
    changed_json("config.json", bad_words_ids=[[20]])(folder)
    assert 20 not in (found := MarianFolder(folder).vocabulary.target).rows[~found.is_copy]


def test_a_list_of_one_end_token_is_accepted(tmp_path):
    folder = make_plain_folder(tmp_path / "folder", eos_token_id=[0], **SMALL)
    table = MarianFolder(folder).vocabulary.target
    assert table.rows[END_ID] == 0


def test_a_multilingual_folder_can_force_a_language(tmp_path):
    folder = make_m2m100_folder(tmp_path / "folder", **SMALL)
    changed_json("config.json", forced_bos_token_id=330, suppress_tokens=[50])(folder)
    table = M2M100Folder(folder).vocabulary.target
    assert 50 not in table.rows[~table.is_copy]
