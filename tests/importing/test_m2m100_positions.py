"""Positions of M2M100 begin after the id of the padding token."""

import numpy as np
import pytest
from folder_changes import changed_tensors
from m2m100_folders import make_plain_folder

from keras_transformer.errors import InputError
from keras_transformer.importing.m2m100_folder import M2M100Folder
from keras_transformer.importing.transformers_names import residual_order
from keras_transformer.position_encodings import position_table

NAME = "model.encoder.embed_positions.weights"


@pytest.mark.parametrize("padding_id", [0, 1, 5])
def test_the_first_position_follows_the_padding(padding_id, tmp_path):
    folder = make_plain_folder(tmp_path / "folder", padding_id=padding_id)
    positions = np.zeros((66, 32), "float32")
    positions[:, residual_order(32)] = position_table(66, 32, 0, "tensor2tensor")
    positions[padding_id] = 0
    changed_tensors(lambda found: found.update({NAME: positions}))(folder)
    assert M2M100Folder(folder).config.first_position == padding_id + 1
    positions[padding_id + 1] = 0
    changed_tensors(lambda found: found.update({NAME: positions}))(folder)
    with pytest.raises(InputError, match="must have the sines and cosines of 66 positions"):
        M2M100Folder(folder)
