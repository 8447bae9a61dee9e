"""The command `import` with folders of M2M100 and NLLB, and folders that cannot be used."""

import json
import shutil

import numpy as np
import pytest
from folder_changes import changed_json, changed_tensors, removed
from m2m100_folders import make_plain_folder


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory):
    return make_plain_folder(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def folder(plain_folder, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(plain_folder, tmp_path / "folder")


@pytest.mark.slow
def test_a_folder_becomes_a_model_folder_of_any_direction(run, plain_folder, tmp_path):
    output = tmp_path / "model"
    result = run("import", plain_folder, "--output", output, "--target-language", "de")
    assert (result.status, result.output, result.errors) == (0, f"{output}\n", "")
    described = json.loads(run("info", output).output)
    assert described["languages"] == {"source": "en", "target": "de"}
    assert described["config"]["normalize_first"] is True
    text = b"bade figo .\n"
    to_german = run("translate", output, stdin=text).output
    assert run("translate", output, "--target-language", "de", stdin=text).output == to_german
    assert run("translate", output, "--target-language", "fr", stdin=text).output != to_german
    run("translate", output, "--source-language", "nl-BE", stdin=text).assert_one_error(
        "source language: expected a language of af, am, ", "Received: 'nl-BE', the model does not have it"
    )


def tokenizer_json(content):
    def write(folder):
        removed("vocab.json", "sentencepiece.bpe.model")(folder)
        (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")

    return write


VOCABULARY = {
    token: number for number, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", "a", "b", "c", "ab", "abc"])
}
MODEL = {"type": "BPE", "vocab": VOCABULARY, "merges": [["a", "b"], ["ab", "c"]], "byte_fallback": False}
TOKENIZER = {
    "added_tokens": [{"id": 9, "content": "eng_Latn"}],
    "model": MODEL,
    "normalizer": None,
    "pre_tokenizer": {"type": "Metaspace"},
}
NORM = "model.encoder.layer_norm.weight"
CASES = {
    "missing config": (removed("config.json"), "config.json", "missing"),
    "missing pieces": (removed("sentencepiece.bpe.model"), "sentencepiece.bpe.model", "missing"),
    "missing settings": (removed("tokenizer_config.json"), "tokenizer_config.json", "missing"),
    "missing vocabulary": (removed("vocab.json", "sentencepiece.bpe.model"), "tokenizer.json", "missing"),
    "no languages": (removed("vocab.json"), "tokenizer_config.json", "eng_Latn"),
    "post-norm": (changed_json("config.json", normalize_before=False), "config.json", "normalize_before"),
    "untied": (changed_json("config.json", tie_word_embeddings=False), "config.json", "tie_word_embeddings"),
    "experts": (
        changed_json("config.json", model_type="nllb-moe"),
        "config.json",
        "must be one of marian, m2m_100",
    ),
    "small table": (changed_json("config.json", vocab_size=350), "model.safetensors", "shape"),
    "other end": (changed_json("config.json", eos_token_id=5), "vocab.json", "</s>"),
    "other padding": (changed_json("config.json", pad_token_id=5), "vocab.json", "<pad>", "pad_token_id"),
    "negative padding": (changed_json("config.json", pad_token_id=-1), "config.json", "pad_token_id=-1"),
    "no source": (changed_json("tokenizer_config.json", src_lang=None), "tokenizer_config.json", "--source-language"),
    "unknown target": (changed_json("tokenizer_config.json", tgt_lang="xx"), "target language", "'xx'"),
    "unknown codes": (changed_json("tokenizer_config.json", language_codes="all"), "language_codes", "'all'"),
    "language after the text": (
        changed_json("tokenizer_config.json", legacy_behaviour=True),
        "tokenizer_config.json",
        "legacy_behaviour",
    ),
    "vocabulary with a duplicate": (changed_json("vocab.json", **{"<unk>": 4}), "vocab.json", "ids"),
    "vocabulary without padding": (changed_json("vocab.json", **{"<pad>": "removed", "new": 1}), "<pad>", "missing"),
    "missing norm": (changed_tensors(lambda found: found.pop(NORM)), "model.safetensors", NORM),
    "a bias": (
        changed_tensors(lambda found: found.update({"model.encoder.layers.0.extra": np.ones(32, "f")})),
        "model.safetensors",
        "layers.0.extra",
    ),
    "other positions": (
        changed_tensors(lambda found: found.update({"model.encoder.embed_positions.weights": np.ones((66, 32), "f")})),
        "embed_positions",
        "sines",
    ),
    "damaged tokenizer.json": (tokenizer_json({"model": []}), "tokenizer.json", "damaged"),
    "unigram tokenizer.json": (tokenizer_json({**TOKENIZER, "model": {**MODEL, "type": "Unigram"}}), "tokenizer.json"),
    "other merges": (
        tokenizer_json({**TOKENIZER, "model": {**MODEL, "merges": [["a", "b"]]}}),
        "tokenizer.json",
        "merges",
    ),
    "other order of merges": (
        tokenizer_json({**TOKENIZER, "model": {**MODEL, "merges": [["a", "b"], ["ab", "c"], ["a", "b"]]}}),
        "tokenizer.json",
        "order",
    ),
    "other normalisation": (
        tokenizer_json({**TOKENIZER, "normalizer": {"type": "Lowercase"}}),
        "tokenizer.json",
        "Lowercase",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_folder_that_cannot_be_used_is_one_line(name, run, folder, tmp_path):
    change, *parts = CASES[name]
    change(folder)
    run("import", folder, "--output", tmp_path / "model").assert_one_error(str(folder), *parts)
    assert not (tmp_path / "model").exists()


def test_options_of_other_kinds_are_refused(run, folder, tmp_path):
    arguments = ("import", folder, "--output", tmp_path / "model")
    run(*arguments, "--normalize-punctuation").assert_one_error("--normalize-punctuation needs --from marian")
    changed_json("config.json", model_type="marian")(folder)
    run(*arguments, "--source-language", "en").assert_one_error("--source-language", "need --from m2m100")
    run(*arguments, "--target-language", "german").assert_one_error("--target-language", "BCP 47")
