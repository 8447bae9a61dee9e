import gzip
import json
import shutil
import time

import keras
import numpy as np
import pytest
from kills import is_killed
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.saving.model_files import VALIDATION_NAMES, load_config, load_validation_pairs
from keras_transformer.saving.model_folder import load_model_folder, save_model_folder
from keras_transformer.text import learn_vocabulary

LINES = ["a small text", "another one", "and a third of them"] * 3
FIELDS = {
    "vocabulary_size": 280,
    "num_encoder_layers": 2,
    "num_decoder_layers": 1,
    "hidden_dim": 16,
    "intermediate_dim": 32,
    "num_heads": 2,
    "max_length": 12,
}


@pytest.fixture(scope="module")
def tokenizers():
    """Tokenizers by size. Without rules of normalisation they are smaller than the weights."""
    sizes = (275, 280)
    return {size: learn_vocabulary(LINES, vocabulary_size=size, normalization="identity") for size in sizes}


@pytest.fixture(scope="module")
def complete(tokenizers, tmp_path_factory):
    config = TransformerConfig(**FIELDS)
    path = tmp_path_factory.mktemp("models") / "complete"
    save_model_folder(path, build_transformer(config), config, tokenizers[280], tokenizers[280])
    return path


@pytest.fixture
def folder(complete, tmp_path):
    """A copy to damage."""
    return shutil.copytree(complete, tmp_path / "model")


def assert_refused(path, *parts):
    with pytest.raises(InputError) as caught:
        load_model_folder(path)
    message = str(caught.value)
    assert "\n" not in message
    for part in (str(path), *parts):
        assert part in message


def test_a_model_folder_is_loaded_as_it_was_saved(complete):
    assert {path.name for path in complete.iterdir()} == {"config.json", "tokenizer.model", "model.weights.h5"}
    assert load_config(complete) == TransformerConfig(**FIELDS)
    model, source_tokenizer, target_tokenizer = load_model_folder(complete)
    assert source_tokenizer is target_tokenizer
    assert model.count_params() == build_transformer(TransformerConfig(**FIELDS)).count_params()


def test_a_missing_folder_is_refused(tmp_path):
    assert_refused(tmp_path / "missing", "expected a model folder, but it does not exist.")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    assert_refused(tmp_path / "file", "expected a model folder, but it does not exist.")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.model", "model.weights.h5"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert_refused(folder, f"not a complete model folder, {name} is missing", "--resume")


def test_all_missing_files_are_named(tmp_path):
    assert_refused(tmp_path, "config.json and model.weights.h5 and tokenizer.model are missing")


@pytest.mark.parametrize("name", ["source.model", "target.model"])
def test_two_tokenizers_must_both_be_there(folder, name):
    (folder / "tokenizer.model").rename(folder / name)
    assert_refused(folder, "tokenizer.model is missing")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"\xff", b"{}", b'{"format_version": 1}', b'{"format_version": 1, "model": 5}'],
)
def test_a_damaged_config_is_refused(folder, content):
    (folder / "config.json").write_bytes(content)
    assert_refused(folder, "config.json: expected the JSON of a model config")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wings": 2}, "Received: wings."),
        ({"hidden_dim": 15}, "`hidden_dim` must be divisible by `num_heads`."),
        ({"hidden_dim": "16"}, "`hidden_dim` must be of type int."),
    ],
)
def test_a_config_with_wrong_fields_is_refused(folder, change, message):
    change_config(folder, **change)
    assert_refused(folder, "config.json: ", message)


def test_validation_sentences_that_are_decompressed_without_end_are_refused(folder):
    for name in VALIDATION_NAMES:
        (folder / name).write_bytes(gzip.compress(b"a line\n" * 3 * 2**20, 1))
    with pytest.raises(InputError, match="validation.source.txt: expected a text of at most 16 MiB, but it is longer"):
        load_validation_pairs(folder)


def test_a_newer_format_is_refused(folder):
    fields = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**fields, "format_version": 2}))
    assert_refused(folder, "the model folder has format 2, but this version", "reads format 1")


@pytest.mark.parametrize(
    "change", [{"format_version": "2" * 5_000_000}, {"model": {**FIELDS, "hidden_dim": "8" * 5_000_000}}]
)
def test_a_message_about_a_long_value_is_short(folder, change):
    fields = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**fields, **change}))
    with pytest.raises(InputError) as caught:
        load_config(folder)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "change",
    [
        {"num_encoder_layers": 1},
        {"num_encoder_layers": 3},
        {"num_encoder_layers": 1, "num_decoder_layers": 2},
        {"hidden_dim": 32},
        {"intermediate_dim": 16},
        {"normalize_first": True},
        {"share_output": False},
    ],
    ids=str,
)
def test_weights_of_another_config_are_refused(folder, change):
    change_config(folder, **change)
    assert_refused(folder, "model.weights.h5: the weights do not match the config, or the file is damaged (")


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_weights_that_were_cut_off_are_refused(folder, kept):
    path = folder / "model.weights.h5"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert_refused(folder, "model.weights.h5: the weights do not match the config, or the file is damaged (")


@pytest.mark.parametrize("number", [100_000, 2_000_000])
def test_a_tokenizer_of_many_tokens_is_refused_at_once(folder, number):
    model = sentencepiece_model_pb2.ModelProto.FromString((folder / "tokenizer.model").read_bytes())
    for token in range(number):
        model.pieces.add(piece=f"{token:x}", score=-1.0)
    (folder / "tokenizer.model").write_bytes(model.SerializeToString())
    start = time.process_time()
    for load in (load_model_folder, load_config):
        with pytest.raises(InputError, match="vocabularies of 280 and 280|at most 1,048,576 tokens, but it has more"):
            load(folder)
    assert time.process_time() - start < 10


def test_figures_of_another_model_are_removed_and_files_of_the_user_are_kept(folder, tmp_path):
    figures, others = ("scores.json", "history.csv", "README.md"), ("notes.txt", "validation.source.txt")
    empty = tmp_path / "empty"
    empty.mkdir()
    for path in (folder, empty):
        for name in (*figures, *others):
            (path / name).write_text("{}")
    model, source, target = load_model_folder(folder)
    save_model_folder(folder, model, load_config(folder), source, target, is_trained_here=True)
    assert all((folder / name).is_file() for name in figures)
    save_model_folder(empty, model, load_config(folder), source, target)
    assert all((empty / name).is_file() for name in figures)
    save_model_folder(folder, model, load_config(folder), source, target)
    assert not any((folder / name).exists() for name in figures)
    assert all((folder / name).is_file() for name in others)


def test_a_tokenizer_of_another_size_is_refused(folder, tokenizers):
    tokenizers[275].save(folder / "tokenizer.model")
    assert_refused(folder, "vocabularies of 280 and 280 tokens, but the tokenizers have 275 and 275")


def test_a_damaged_tokenizer_is_refused(folder):
    (folder / "tokenizer.model").write_bytes(b"no model")
    assert_refused(folder, "tokenizer.model: expected a SentencePiece model")


def test_a_folder_whose_weights_were_never_finished_is_no_model(tokenizers, tmp_path, largest_file):
    config = TransformerConfig(**FIELDS)
    model = build_transformer(config)

    size = len(tokenizers[280].model)
    with pytest.raises(OSError, match="File too large: .*model.weights.h5"), largest_file(size):
        save_model_folder(tmp_path, model, config, tokenizers[280], tokenizers[280])
    assert list(tmp_path.iterdir()) == []
    assert_refused(tmp_path, "not a complete model folder")


def change_config(folder, **change):
    fields = json.loads((folder / "config.json").read_text())
    fields["model"].update(change)
    (folder / "config.json").write_text(json.dumps(fields))


def test_the_weights_of_a_trained_model_come_without_its_optimizer(tokenizers, tmp_path):
    config = TransformerConfig(**FIELDS)
    model = build_transformer(config)
    save_model_folder(tmp_path / "new", model, config, tokenizers[280], tokenizers[280])
    model.compile(keras.optimizers.Adam(), loss="mse")
    model.optimizer.build(model.trainable_variables)
    save_model_folder(tmp_path / "trained", model, config, tokenizers[280], tokenizers[280])
    sizes = [(tmp_path / name / "model.weights.h5").stat().st_size for name in ("new", "trained")]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("is_shared", [True, False], ids=["one tokenizer", "two tokenizers"])
@pytest.mark.slow
def test_a_kill_while_a_model_is_replaced_leaves_one_of_the_two_or_none(tokenizers, tmp_path, is_shared):
    """Models of the same shapes, so that a mixture of their files can be loaded."""
    config = TransformerConfig(**FIELDS, target_vocabulary_size=280)
    other = learn_vocabulary([line[::-1] for line in LINES], vocabulary_size=280, normalization="identity")
    assert other != tokenizers[280]
    old, new = ((build_transformer(config), tokenizer) for tokenizer in (tokenizers[280], other))
    second = other if is_shared else tokenizers[280]

    def saved(path, model, source_tokenizer, target_tokenizer):
        save_model_folder(path, model, config, source_tokenizer, target_tokenizer)

    found = []
    while True:
        folder = tmp_path / str(len(found))
        saved(folder, *old, old[1])
        was_killed = is_killed(lambda folder=folder: saved(folder, *new, second), len(found))
        try:
            loaded = load_model_folder(folder)
        except InputError as error:
            found.append("none" if "not a complete model folder, config.json" in str(error) else str(error))
        else:
            is_new = loaded[1] == other
            expected = (*new, second) if is_new else (*old, old[1])
            assert loaded[1:] == expected[1:]
            for weight, same in zip(loaded[0].get_weights(), expected[0].get_weights(), strict=True):
                np.testing.assert_array_equal(weight, same)
            found.append("new" if is_new else "old")
        if not was_killed:
            break
    saved(folder, *old, old[1])
    assert not list(folder.glob("unfinished_*"))
    assert found == sorted(found, key=["old", "none", "new"].index)
    assert set(found) == {"old", "none", "new"}
