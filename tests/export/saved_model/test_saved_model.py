import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from export_cases import SOURCES, TEXTS, trained_translator

from keras_transformer.errors import ExportError, InputError
from keras_transformer.export import Proof, SearchSettings, export_saved_model
from keras_transformer.export.saved_model.saved_model_exporter import model_folder_and_version


@pytest.fixture(scope="module")
def signatures(saved_model):
    return tf.saved_model.load(str(saved_model)).signatures


@pytest.mark.slow  # The test of the command covers the proof.
@pytest.mark.parametrize("beam_size", [1, 4, 8])
def test_a_fresh_process_gives_identical_translations(translator, tmp_path, beam_size):
    settings = SearchSettings(beam_size=beam_size).of_model(translator.config)
    proof = Proof(translator, "saved_model", None, settings, [(text, None) for text in TEXTS])
    export_saved_model(translator, tmp_path / "model", settings, proof)
    assert len({*translator.translate(TEXTS, beam_size=beam_size)}) > 5


@pytest.mark.slow
def test_two_vocabularies_stay_two(translator_of_two, tmp_path):
    folder = translator_of_two.export_saved_model(tmp_path / "model")
    # The tokenizers exist already in this process. The bug appears only in a fresh process.
    program = (
        "import sys, tensorflow as tf, tensorflow_text\n"
        "found = tf.saved_model.load(sys.argv[1]).signatures['attention'](text=tf.constant([sys.argv[2]]))\n"
        "for name in ('translation', 'source_tokens', 'target_tokens'):\n"
        "    print(b' '.join(found[name].numpy().ravel()).decode())\n"
        "assert 'keras_transformer' not in sys.modules\n"
    )
    command = [sys.executable, "-c", program, str(folder), SOURCES[0]]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    translation, source_tokens, target_tokens = output.split("\n")[:3]
    source_ids = translator_of_two.source_tokenizer.tokenize([SOURCES[0]]).to_list()[0]
    expected = [translator_of_two.source_tokenizer.all_tokens()[token_id] for token_id in source_ids]
    assert source_tokens.split(" ") == [*expected, "</s>"]
    assert translation == translator_of_two.translate([SOURCES[0]])[0]
    only_in_target = {*translator_of_two.target_tokenizer.all_tokens()}.difference(
        translator_of_two.source_tokenizer.all_tokens()
    )
    assert only_in_target.intersection(target_tokens.split(" "))


def test_the_signatures_have_the_names_and_shapes_of_the_contract(signatures):
    text = tf.constant(TEXTS[:5])
    translated, best, attention = (signatures[name](text=text) for name in ("serving_default", "n_best", "attention"))
    assert {name: value.shape for name, value in translated.items()} == {"translation": (5,), "score": (5,)}
    assert {name: value.shape for name, value in best.items()} == {"translations": (5, 2), "scores": (5, 2)}
    assert {*attention} == {"translation", "source_tokens", "target_tokens", "attention"}
    np.testing.assert_array_equal(best["translations"][:, 0], translated["translation"])
    np.testing.assert_allclose(best["scores"][:, 0], translated["score"], rtol=1e-6)
    np.testing.assert_array_equal(attention["translation"], translated["translation"])
    assert np.all(best["scores"][:, 0] >= best["scores"][:, 1])


def test_the_translations_and_scores_are_the_translators(signatures, translator):
    found = signatures["n_best"](text=tf.constant(TEXTS))
    translations, scores = translator.translate(TEXTS, beam_size=3, n_best=2, return_scores=True)
    assert [[text.decode() for text in row] for row in found["translations"].numpy()] == translations
    np.testing.assert_allclose(found["scores"], scores, atol=1e-5)


def test_attention_sums_to_one_over_the_tokens_of_the_source(signatures):
    found = signatures["attention"](text=tf.constant([SOURCES[0], "", "내일"]))
    is_source = (found["source_tokens"].numpy() != b"")[:, None, :]
    is_target = found["target_tokens"].numpy() != b""
    attention = found["attention"].numpy()
    assert attention.shape == (3, is_target.shape[1], is_source.shape[2])
    np.testing.assert_allclose(attention.sum(axis=2), is_target, atol=1e-5)
    np.testing.assert_array_equal(np.where(is_source, 0.0, attention), 0.0)
    assert found["target_tokens"].numpy()[0, is_target[0].sum() - 1] == b"</s>"
    assert not is_target[1].any()


@pytest.mark.parametrize("name", ["serving_default", "n_best", "attention"])
def test_an_empty_batch_gives_empty_results(signatures, name):
    for value in signatures[name](text=tf.constant([], tf.string)).values():
        assert value.shape[0] == 0


def test_odd_texts_have_defined_results(signatures):
    texts = ["", "\u200b\u2800\u00ad\0", b"\xff\xfe\xe3 \x80", "나는 " * 25_000, "龍" * 100_000, SOURCES[0]]
    found = signatures["serving_default"](text=tf.constant(texts))
    translations = [text.decode("utf-8") for text in found["translation"].numpy()]
    assert translations[:2] == ["", ""]
    assert np.all(np.isfinite(found["score"]))
    alone = signatures["serving_default"](text=tf.constant([SOURCES[0]]))
    assert translations[5] == alone["translation"].numpy()[0].decode()


@pytest.mark.slow
def test_a_long_text_is_cut_at_the_length_given(translator, tmp_path):
    folder = translator.export_saved_model(tmp_path / "model", beam_size=1, max_length=6)
    attention = tf.saved_model.load(str(folder)).signatures["attention"]
    found = attention(text=tf.constant(["나는 어제 카페에 갔다. 그는 오늘 학교에 간다."]))
    assert found["source_tokens"].shape[1] == 6
    assert found["source_tokens"].numpy()[0, 5] == b"</s>"
    assert found["target_tokens"].shape[1] <= 6
    assert "Sources are cut at 5 tokens" in (folder / "README.md").read_text()


@pytest.mark.parametrize("text", [tf.constant("one text"), tf.constant([["a", "b"]])], ids=["scalar", "matrix"])
def test_a_wrong_rank_gives_a_readable_message(signatures, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`text` must have the shape \(batch,\)"):
        signatures["serving_default"](text=text)


def test_a_wrong_type_gives_a_readable_message(signatures):
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected to be a string tensor"):
        signatures["serving_default"](text=tf.constant([1]))


@pytest.mark.slow
def test_versions_count_up_and_are_never_overwritten(small_translator, tmp_path):
    def export(path):
        return export_saved_model(small_translator, path, SearchSettings(beam_size=1))

    folder = tmp_path / "saved_models" / "ko_en"
    assert export(folder) == folder / "1"
    assert export(folder / "7") == folder / "7"
    before = (folder / "7" / "saved_model.pb").read_bytes()
    with pytest.raises(InputError, match="7 exists already and is not overwritten"):
        export(folder / "7")
    assert (folder / "7" / "saved_model.pb").read_bytes() == before
    (folder / "models.config").write_text("mine")
    assert export(folder) == folder / "8"
    assert (folder / "models.config").read_text() == "mine"
    assert sorted(entry.name for entry in folder.iterdir()) == [
        "1",
        "7",
        "8",
        "batching_parameters.txt",
        "models.config",
    ]


def test_a_version_appears_complete_or_not_at_all(small_translator, tmp_path):
    seen = []

    def fail(folder):
        seen.append(folder)
        assert (folder / "saved_model.pb").is_file()
        # A server would take this name for a version.
        assert not [entry for entry in folder.parent.iterdir() if entry.name.isdigit()]
        raise ExportError("no")

    with pytest.raises(ExportError, match="no"):
        export_saved_model(small_translator, tmp_path / "new" / "model", SearchSettings(beam_size=1), fail)
    assert len(seen) == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_identifies_the_exporting_machine(saved_model):
    home = str(pathlib.Path(__file__).resolve().parents[3]).encode()
    for file in saved_model.rglob("*"):
        assert not file.is_file() or home not in file.read_bytes(), file


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"length_penalty": float("nan")}, "`length_penalty` must be from -5 to 5"),
        ({"beam_size": 0}, "`beam_size` must be at least 1"),
        ({"beam_size": 2, "n_best": 3}, "`n_best` must be at most `beam_size`"),
        ({"max_length": 41}, "`max_length` must be from 2 to the model's 40"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(translator, tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        translator.export_saved_model(tmp_path / "model", **arguments)
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_a_model_in_mixed_precision_is_served_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    half = trained_translator(steps=0)
    keras.config.set_dtype_policy("float32")
    whole = trained_translator(steps=0)
    whole.model.set_weights(half.model.get_weights())
    folder = half.export_saved_model(tmp_path / "model", beam_size=1)
    found = tf.saved_model.load(str(folder)).signatures["serving_default"](text=tf.constant(SOURCES))
    assert [text.decode() for text in found["translation"].numpy()] == whole.translate(SOURCES, beam_size=1)


def test_a_model_with_a_frozen_layer_is_exported(small_translator, tmp_path):
    embedding = small_translator.model.get_layer("embedding")
    embedding.trainable = False
    try:
        assert small_translator.export_saved_model(tmp_path / "model", beam_size=1).is_dir()
    finally:
        embedding.trainable = True


@pytest.mark.parametrize(
    "name, version", [("0", 0), ("7", 7), ("007", None), ("²", None), ("ko_en", None), (".", None)], ids=str
)
def test_a_number_as_the_server_writes_it_is_a_version(tmp_path, name, version):
    folder = tmp_path / name
    assert model_folder_and_version(folder) == ((tmp_path, version) if version is not None else (folder, None))
