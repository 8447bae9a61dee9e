import json
import random
import re
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from client_cases import CLIENTS, run_client, translate_by
from export_cases import SOURCES, TARGETS, TEXTS, trained_translator
from tflite_cases import PROOF_TEXTS, interpreters, proof_of, rows_of

from keras_transformer.errors import ExportError, InputError
from keras_transformer.export import Proof, SearchSettings, export_tflite
from keras_transformer.export.tflite.fixed_lengths import FIXED_LENGTHS
from keras_transformer.export.tflite.tflite import convert
from keras_transformer.export.tflite.tflite_file import operations_of
from keras_transformer.text.blank import is_blank


@pytest.fixture(scope="module")
def file(translator, tmp_path_factory):
    """A float32 file, beam 3, proven identical in a fresh process."""
    settings = SearchSettings(beam_size=3).of_model(translator.config)
    path = tmp_path_factory.mktemp("tflite") / "ko_en.tflite"
    return export_tflite(translator, path, settings=settings, prove=proof_of(translator, settings))


@pytest.fixture(scope="module")
def interpreter(file):
    return interpreters.Interpreter(model_path=str(file))


def test_the_verification_is_in_the_card_and_in_json(file):
    record = json.loads((file.parent / "verification.json").read_text(encoding="utf-8"))
    assert record["artifact"] == "ko_en.tflite"
    assert (record["sentences"], record["identical"], record["bleu_sentences"]) == (
        len(PROOF_TEXTS),
        len(PROOF_TEXTS),
        5,
    )
    assert record["bleu"]["model"] == record["bleu"]["artifact"] == pytest.approx(100.0)
    assert record["bleu_signature"].startswith("nrefs:1|")
    assert record["size"] == file.stat().st_size
    assert {*record["milliseconds"]} == {"model", "artifact"}
    assert "WHILE" in record["operations"]
    card = (file.parent / "ko_en.tflite.md").read_text(encoding="utf-8")
    assert f"| identical translations |  | {len(PROOF_TEXTS)} of {len(PROOF_TEXTS)} |" in card
    assert "WHILE" in card
    assert "Sources are cut at 39 tokens" in card


@pytest.mark.slow
def test_an_artifact_of_another_model_does_not_pass(file, translator):
    other = trained_translator(seed=5, steps=0)
    reports = []
    settings = SearchSettings(beam_size=3).of_model(translator.config)
    prove = Proof(other, "tflite", None, settings, list(zip(SOURCES, TARGETS)), report=reports.append)
    with pytest.raises(ExportError, match="translations differ from the model's. The first is of"):
        prove(file)
    assert reports[0].identical < reports[0].sentences


def test_only_builtin_operations_are_in_it(file):
    names = operations_of(file.read_bytes())
    assert {"WHILE", "TOPK_V2", "FULLY_CONNECTED"} <= {*names}
    assert all(name == name.upper() and not name.startswith(("FLEX", "CUSTOM")) for name in names)


def test_its_signatures_are_those_of_the_contract(interpreter):
    signatures = interpreter.get_signature_list()
    ids = {"translate", "translate_16", "translate_32", "translate_64"}
    texts = {"translate_text", "translate_text_256"}
    assert {*signatures} == ids | texts | {"tokenize", "detokenize"}
    names = {name: ({*each["inputs"]}, {*each["outputs"]}) for name, each in signatures.items()}
    assert all(names[name] == ({"source_ids"}, {"target_ids", "scores"}) for name in ids)
    assert all(names[name] == ({"code_points"}, {"code_points", "scores"}) for name in texts)
    assert names["tokenize"] == ({"code_points"}, {"ids"})
    assert names["detokenize"] == ({"ids"}, {"code_points"})


def test_a_batch_gives_the_translators_hypotheses(interpreter, translator):
    texts = [text for text in TEXTS if not is_blank(text)]
    found = interpreter.get_signature_runner("translate")(source_ids=rows_of(translator, texts))
    translations, scores = translator.translate(texts, beam_size=3, n_best=3, return_scores=True)
    assert found["target_ids"].shape == (len(texts), 3, 40)
    written = [
        [text.decode() for text in translator.target_tokenizer.detokenize(row).numpy()] for row in found["target_ids"]
    ]
    assert written == translations
    np.testing.assert_allclose(found["scores"], scores, atol=1e-4)


def test_fixed_lengths_equal_the_dynamic_signature(interpreter, translator):
    for text in TEXTS:
        row = rows_of(translator, [text])
        row = row if row.size else np.zeros((1, 1), "int32")
        expected = interpreter.get_signature_runner("translate")(source_ids=row)
        for length in FIXED_LENGTHS:
            if row.shape[1] <= length:
                padded = np.pad(row, [(0, 0), (0, length - row.shape[1])])
                found = interpreter.get_signature_runner(f"translate_{length}")(source_ids=padded)
                np.testing.assert_array_equal(found["target_ids"], expected["target_ids"])
                np.testing.assert_allclose(found["scores"], expected["scores"], atol=1e-5)


def test_nothing_gives_nothing(interpreter, translator):
    rows = rows_of(translator, [SOURCES[0], "", SOURCES[1]])
    found = interpreter.get_signature_runner("translate")(source_ids=rows)
    assert [bool(row.any()) for row in found["target_ids"]] == [True, False, True]
    assert not found["scores"][1].any()
    found = interpreter.get_signature_runner("translate")(source_ids=np.zeros((2, 3), "int32"))
    assert not found["target_ids"].any()


def test_signatures_take_turns_in_one_interpreter(interpreter, translator):
    names = ["translate", "translate_16", "translate_32", "translate_64"]
    runners = {name: interpreter.get_signature_runner(name) for name in names}
    widths = dict(zip(names, (None, *FIXED_LENGTHS)))
    draw = random.Random(0)
    expected = dict(zip(SOURCES, translator.translate(SOURCES, beam_size=3)))
    for _ in range(60):
        text, name = draw.choice(SOURCES), draw.choice(names)
        row = rows_of(translator, [text])
        if row.shape[1] <= (widths[name] or 99):
            row = np.pad(row, [(0, 0), (0, max(0, (widths[name] or 0) - row.shape[1]))])
            found = runners[name](source_ids=row)["target_ids"][:, 0]
            assert translator.target_tokenizer.detokenize(found).numpy()[0].decode() == expected[text]


def test_a_fixed_batch_has_outputs_of_a_fixed_shape(interpreter):
    for length in FIXED_LENGTHS:
        details = interpreter.get_signature_runner(f"translate_{length}").get_output_details()
        assert details["target_ids"]["shape_signature"].tolist() == [1, 3, 40]
        assert details["scores"]["shape_signature"].tolist() == [1, 3]


def code_points_of(text, length=1):
    return np.array([[ord(character) for character in text.ljust(length, "\0")]], "int32")


def written(row):
    return "".join(chr(code_point) for code_point in row if code_point)


@pytest.mark.parametrize("name, length", [("translate_text", 1), ("translate_text_256", 256)])
def test_code_points_give_the_translators_hypotheses(interpreter, translator, name, length):
    translate = interpreter.get_signature_runner(name)
    longest = max(map(len, translator.target_tokenizer.all_tokens()[260:]))
    for text in TEXTS:
        found = translate(code_points=code_points_of(text, length))
        translations, scores = translator.translate([text], beam_size=3, n_best=3, return_scores=True)
        assert found["code_points"].shape == (1, 3, 40 * longest)
        assert [written(row) for row in found["code_points"][0]] == translations[0]
        np.testing.assert_allclose(found["scores"], scores, atol=1e-4)


def test_numbers_that_are_no_characters_have_a_translation(interpreter, translator):
    translate, tokenize = (interpreter.get_signature_runner(name) for name in ("translate_text", "tokenize"))
    numbers = np.array([[-1, 0xD800, 0x110000, 2**31 - 1, -(2**31), 0, 97]], "int32")
    (expected,) = translator.source_tokenizer.tokenize(["\ufffd" * 5 + "a"]).to_list()
    assert tokenize(code_points=numbers)["ids"].tolist() == [expected]
    expected = translator.translate(["\ufffd" * 5 + "a"], beam_size=3)
    assert [written(translate(code_points=numbers)["code_points"][0, 0])] == expected
    nothing = translate(code_points=np.zeros((1, 5), "int32"))
    assert not nothing["code_points"].any()
    assert not nothing["scores"].any()


def test_too_long_a_text_is_cut(interpreter, translator):
    text = "나는 물을 마신다 " * 200
    rows = rows_of(translator, [text])[:, :40]
    rows[0, 39] = 3
    found = interpreter.get_signature_runner("translate")(source_ids=rows)["target_ids"][0, 0].copy()
    expected = translator.target_tokenizer.detokenize([found]).numpy()[0].decode()
    found = interpreter.get_signature_runner("translate_text")(code_points=code_points_of(text))
    assert written(found["code_points"][0, 0]) == expected


@pytest.mark.parametrize(
    "name, shape", [("translate_text_256", (1, 257)), ("translate_text_256", (2, 256)), ("translate_text", (2, 9))]
)
def test_code_points_of_another_shape_are_an_error(file, translator, name, shape):
    translate = interpreters.Interpreter(model_path=str(file)).get_signature_runner(name)
    text = code_points_of(SOURCES[0], 256)
    expected = translate(code_points=text)
    with pytest.raises((RuntimeError, ValueError)):
        translate(code_points=np.full(shape, ord("a"), "int32"))
    found = translate(code_points=text)
    assert all(np.array_equal(found[key], expected[key]) for key in expected)
    assert [written(found["code_points"][0, 0])] == translator.translate(SOURCES[:1], beam_size=3)


def test_several_rows_are_not_tokenized_as_one(file):
    tokenize = interpreters.Interpreter(model_path=str(file)).get_signature_runner("tokenize")
    with pytest.raises((RuntimeError, ValueError)):
        tokenize(code_points=np.full((2, 9), ord("a"), "int32"))


def test_too_long_a_source_is_cut(interpreter, translator):
    translate = interpreter.get_signature_runner("translate")
    long = rows_of(translator, ["나는 물을 마신다 " * 20])
    cut = long[:, :40].copy()
    cut[0, 39] = 3
    np.testing.assert_array_equal(
        translate(source_ids=long)["target_ids"].copy(), translate(source_ids=cut)["target_ids"].copy()
    )


class WithAMissingOperation(tf.Module):
    """Digamma is an example of an operation that TFLite does not support."""

    def signatures(self):
        signature = [tf.TensorSpec((None,), tf.float32, name="numbers")]
        function = tf.function(lambda numbers: {"result": tf.math.digamma(numbers)}, input_signature=signature)
        return {"translate": function.get_concrete_function()}


@pytest.mark.parametrize("allow_text", [False, True], ids=["ids", "text"])
def test_a_missing_operation_is_named_with_the_line_that_uses_it(allow_text):
    with pytest.raises(ExportError) as caught:
        convert(WithAMissingOperation(), allow_text=allow_text)
    message = str(caught.value)
    assert re.fullmatch(r"TFLite has no built-in operation for Digamma \(from .*test_tflite\.py:\d+\)", message), (
        message
    )


def test_arguments_out_of_range_are_refused(translator, tmp_path):
    with pytest.raises(InputError, match="`quantize` must be None or one of float16, int8"):
        translator.export_tflite(tmp_path / "a.tflite", quantize="int4")
    with pytest.raises(InputError, match="must be named NAME.tflite"):
        translator.export_tflite(tmp_path / "a.lite")
    (tmp_path / "folder.tflite").mkdir()
    with pytest.raises(InputError, match="expected a file to write, but it is a folder"):
        translator.export_tflite(tmp_path / "folder.tflite")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_without_a_tokenizer_gives_the_translations_of_python(client, file, translator, tmp_path):
    # Not ends of lines.
    texts = [*TEXTS, *(f"나는 물을{space}마신다." for space in ("\u2028", "\u2029", "\r", "\x85"))]
    assert translate_by(client, file, texts, tmp_path) == translator.translate(texts, beam_size=3)


def test_the_client_of_node_warns_of_a_line_that_it_cuts(file, tmp_path):
    lines, errors = run_client("node", file, [SOURCES[0], "a" * 257, "a" * 256], tmp_path)
    assert lines[1] == lines[2]
    assert errors.splitlines() == ["Line 2 is cut: it has 257 characters, more than 256."]


def test_a_client_refuses_more_translations_than_the_file_has(file, tmp_path):
    for count in ("0", "4"):
        command = [*CLIENTS["python"](tmp_path), file, "--n-best", count]
        result = subprocess.run([str(part) for part in command], input="", capture_output=True, encoding="utf-8")
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == f"error: --n-best must be from 1 to 3. Received: {count}.\n"
