"""Folders for Transformers: their weights, tokenizers and refusals, and Transformers itself in the slow tests."""

import json

import numpy as np
import pytest
import sentencepiece
import tokenizers as tokenizers_package
from export_cases import SOURCES, TARGETS, TEXTS, TEXTS_WITHOUT_TOKENS, trained_translator
from marian_folders import LANGUAGES, ODD_LINES, learned_pieces, lines_of, make_plain_folder
from quantized_cases import CHANGES

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, get_exporter
from keras_transformer.export.huggingface.huggingface_config import check_config
from keras_transformer.export.huggingface.tokenizer_json import write_tokenizer_json
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.dtype_policy import merged_copy
from keras_transformer.text import Tokenizer, Tokenizers, learn_vocabulary
from keras_transformer.translator import Translator

HOSTILE = [
    *TEXTS,
    *SOURCES,
    *TARGETS,
    *ODD_LINES,
    "\u1102\u1161\u1102\u1173\u11ab \u110e\u1162\u11a8",
    "cafe\u0301 A\u030angstro\u0308m N\u0332 \u207f\u0332 \uff76\uff9e",
    "10\uff5e20 \u0130stanbul \u1e9e",
    "  two  spaces\tand a tab\u00a0",
]


def export(translator, path, **settings):
    return get_exporter("huggingface").export(translator, path, SearchSettings(beam_size=1, **settings))


def random_translator(**overrides):
    """A translator whose weights are all random, so that missing or exchanged weights change its output."""
    translator = trained_translator(steps=0, **overrides)
    numbers = np.random.default_rng(0)
    for weight in translator.model.weights:
        weight.assign(numbers.normal(size=weight.shape, scale=0.3) + weight.path.endswith("gamma"))
    return translator


def logits_of(translator, size=325, source_shift=0):
    """Logits of ordinary tokens. `source_shift` is added to the ids of ordinary tokens of the source."""
    source = np.array([[9, 20, 31, 3]])
    rows = {"source_ids": source + source_shift * (source > 3), "target_ids": np.array([[2, 40, 8]])}
    return np.array(translator.model(rows))[..., 4:size]


ARCHITECTURES = [
    {"share_output": False},
    {"output_bias": True, "activation": "gelu", "num_encoder_layers": 2},
    {"share_embeddings": False, "share_output": False, "activation": "swish"},
]


@pytest.mark.parametrize(
    "overrides", [{}, *(pytest.param(each, marks=pytest.mark.slow) for each in ARCHITECTURES)], ids=str
)
def test_the_import_reads_the_same_weights(overrides, tmp_path):
    translator = random_translator(**overrides)
    again = Translator.from_marian(export(translator, tmp_path / "folder"))
    assert again.config.activation == translator.config.activation
    # The import has the start token as an ordinary token as well. In the target, it is the last and never generated.
    shift = int(not translator.config.share_embeddings)
    np.testing.assert_allclose(logits_of(again, source_shift=shift), logits_of(translator), atol=1e-5)
    texts = [text for text in HOSTILE if not text.startswith(">>")]
    ids = translator.tokenizers.encode_source(texts, 40).numpy()
    np.testing.assert_array_equal(again.tokenizers.encode_source(texts, 40).numpy(), ids + shift * (ids > 3))


def test_the_maximum_length_is_in_the_configs(small_translator, tmp_path):
    folder = export(small_translator, tmp_path / "folder", max_length=24)
    files = {"generation_config.json": "max_length", "tokenizer_config.json": "model_max_length"}
    found = [json.loads((folder / name).read_text(encoding="utf-8"))[key] for name, key in files.items()]
    assert found == [25, 24]  # The first counts the start token.


@pytest.mark.slow
def test_an_imported_folder_with_one_table_is_written_back(tmp_path):
    given = make_plain_folder(tmp_path / "given", languages=LANGUAGES)
    translator = Translator.from_marian(given)
    again = Translator.from_marian(export(translator, tmp_path / "folder"))
    size = translator.config.vocabulary_size
    np.testing.assert_allclose(logits_of(again, size), logits_of(translator, size), atol=1e-4)
    texts = [*lines_of("source", 20, seed=3), *ODD_LINES]
    ids = translator.tokenizers.encode_source(texts, 64).numpy()
    np.testing.assert_array_equal(again.tokenizers.encode_source(texts, 64).numpy(), ids)
    names = json.loads((tmp_path / "folder" / "vocab.json").read_text(encoding="utf-8"))
    assert set(json.loads((given / "vocab.json").read_text(encoding="utf-8"))) <= set(names)


def vocabulary(**options):
    lines = SOURCES + TARGETS + ["< / > 0 x 4 1 p a d u n k s"] * 3
    return learn_vocabulary(lines, **options)


def without_bytes():
    """A vocabulary in which characters of other texts are unknown."""
    ids = {"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3}
    return Tokenizer(learned_pieces(SOURCES + TARGETS, 120, **ids))


VOCABULARIES = {
    "unigram": vocabulary,
    "bpe": lambda: vocabulary(model_type="bpe"),
    "nfkc": lambda: vocabulary(normalization="nfkc"),
    "case folding": lambda: vocabulary(normalization="nmt_nfkc_cf"),
    "identity": lambda: vocabulary(normalization="identity"),
    "lowercase": lambda: vocabulary(lowercase=True),
    "symbols": lambda: vocabulary(user_defined_symbols=["<2en>", "@@", "나는"]),
    "unknown": without_bytes,
}


NORMALIZATIONS = ("nfkc", "case folding", "identity", "lowercase")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in NORMALIZATIONS)) for name in VOCABULARIES]
)
def test_tokenizer_json_has_the_segmentation_of_the_sentencepiece_model(name, tmp_path):
    tokenizer = VOCABULARIES[name]()
    write_tokenizer_json(tmp_path, Tokenizers(tokenizer))
    found = tokenizers_package.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    found.encode_special_tokens = True  # `split_special_tokens` of tokenizer_config.json.
    pieces = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.model)
    special_names = "</s> and <s>, <pad><unk> <0x41>"
    for text in [*HOSTILE, "<2en>나는 @@ 나는<2en>", *([] if name == "unknown" else [special_names])]:
        ids = pieces.encode(text)
        assert found.encode(text).ids == [*ids, 3], text
        assert found.decode(ids).strip(" ") == pieces.decode(ids).replace("\u2047", "").strip(" ") or 1 in ids


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"activation": "elu"}, "MarianMT has the activations .*silu.*Received: activation='elu'"),
        ({"layer_norm_epsilon": 1e-6}, "MarianMT has the `layer_norm_epsilon` 1e-05. Received: .*1e-06"),
        ({"hidden_dim": 33, "num_heads": 3}, "MarianMT needs an even `hidden_dim`. Received: hidden_dim=33"),
        ({"position_frequencies": "tensor2tensor"}, "`position_frequencies` of the paper. Received: .*tensor2tensor"),
        ({"source_end": False}, "MarianMT attends to the end token .*Received: source_end=False"),
        (
            {"source_prefix": 9},
            "MarianMT has no `source_prefix`, which models of several directions have.*Received: .*=9",
        ),
        ({"first_position": 2}, "MarianMT has no `first_position`.*Received: first_position=2"),
        ({"normalize_first": True, "target_prefix": 9}, "Pegasus has no `target_prefix`.*Received: target_prefix=9"),
        ({"normalize_first": True, "share_embeddings": False}, "Pegasus has one embedding table.*=False"),
        ({"target_vocabulary_size": 90}, "MarianMT needs one vocabulary .* Received: two vocabularies of 50 and 90"),
    ],
    ids=str,
)
def test_a_model_that_transformers_cannot_express_is_refused_by_name(fields, message):
    with pytest.raises(InputError, match=message):
        check_config(TransformerConfig(vocabulary_size=50, **fields))


def test_a_refused_model_leaves_no_file(tmp_path):
    with pytest.raises(InputError, match="MarianMT has the activations .*Received: activation='elu'"):
        export(trained_translator(steps=0, activation="elu"), tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(("normalize_first", "kind"), [(False, "MarianMT"), (True, "Pegasus")])
def test_two_vocabularies_of_one_size_are_refused(normalize_first, kind, tmp_path):
    models = [learn_vocabulary(lines, vocabulary_size=294) for lines in (SOURCES, [*TARGETS, *"QRSTUVXYZ" * 3])]
    sizes = {"num_encoder_layers": 1, "num_decoder_layers": 1, "hidden_dim": 8, "intermediate_dim": 8, "num_heads": 1}
    config = TransformerConfig(vocabulary_size=294, normalize_first=normalize_first, **sizes)
    translator = Translator(build_transformer(config), *models)
    with pytest.raises(InputError, match=f"{kind} needs one vocabulary for both languages. Received: "):
        export(translator, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model_type": "bpe", "user_defined_symbols": ["<2en>"]}, "no user-defined symbols of .* type bpe.*'<2en>'"),
        ({"user_defined_symbols": ["ﬁ"]}, "normalises user-defined symbols. Received: 'ﬁ'"),
    ],
    ids=str,
)
def test_a_vocabulary_that_tokenizer_json_cannot_express_is_refused(options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        write_tokenizer_json(tmp_path, Tokenizers(vocabulary(**options)))
    assert list(tmp_path.iterdir()) == []


def proof_of(translator, path, texts):
    """Exports a model with the proof, which runs Transformers, and returns the `Verification`."""
    settings = SearchSettings().of_model(translator.config)
    found = []
    proof = Proof(translator, "huggingface", None, settings, [(text, None) for text in texts], report=found.append)
    get_exporter("huggingface").export(translator, path, settings, proof)
    return found[0]


@pytest.mark.slow
@pytest.mark.parametrize("normalize_first", [False, True], ids=["MarianMT", "Pegasus"])
@pytest.mark.parametrize("overrides", [{}, ARCHITECTURES[-1], ARCHITECTURES[1]], ids=str)
def test_transformers_translates_as_the_model(normalize_first, overrides, tmp_path):
    if normalize_first:
        overrides = {name: value for name, value in overrides.items() if name != "share_embeddings"}
    translator = random_translator(normalize_first=normalize_first, max_length=24, **overrides)
    texts = [*TEXTS, *TEXTS_WITHOUT_TOKENS, *(text for text in HOSTILE[-16:] if not text.startswith(">>"))]
    found = proof_of(translator, tmp_path / "folder", texts)
    assert found.identical == len(texts)
    assert found.greatest_score_difference < 1e-3
    assert (tmp_path / "folder" / "tokenizer.json").exists() == normalize_first


@pytest.mark.slow
def test_transformers_translates_as_an_imported_model(tmp_path):
    translator = Translator.from_marian(
        make_plain_folder(tmp_path / "given", languages=LANGUAGES, activation_function="relu")
    )
    texts = [*lines_of("source", 8, seed=3), *ODD_LINES]
    assert proof_of(translator, tmp_path / "folder", texts).identical == len(texts)


@pytest.mark.slow
@pytest.mark.parametrize("normalize_first", [False, True], ids=["MarianMT", "Pegasus"])
def test_the_auto_classes_give_the_same_ids(normalize_first, tmp_path):
    """As a user calls them: a batch with padding, and the search of the folder."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer  # noqa: PLC0415 (it takes seconds)

    translator = trained_translator(normalize_first=normalize_first)
    folder = export(translator, tmp_path / "folder")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    inputs = tokenizer(SOURCES, return_tensors="pt", padding=True)
    expected = translator.tokenizers.encode_source(SOURCES, 40).numpy()
    np.testing.assert_array_equal(inputs["input_ids"].numpy(), expected)
    found = tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True)
    assert found == translator.translate(SOURCES, beam_size=1) == TARGETS
    long = tokenizer(["x " * 100], truncation=True)["input_ids"][0]
    np.testing.assert_array_equal(long, translator.tokenizers.encode_source(["x " * 100], 40).numpy()[0])


@pytest.mark.slow
def test_a_quantised_model_is_compared_by_bleu(tmp_path):
    model = merged_copy(trained_translator(normalize_first=True).model)
    CHANGES["int8"](model)
    translator = Translator(model, vocabulary_of_cases())
    settings = SearchSettings(beam_size=1, length_penalty=0.0).of_model(translator.config)
    found = []
    proof = Proof(translator, "huggingface", None, settings, list(zip(SOURCES, TARGETS)), report=found.append)
    get_exporter("huggingface").export(translator, tmp_path / "folder", settings, proof)
    assert found[0].rounds_activations


def vocabulary_of_cases():
    return learn_vocabulary(SOURCES + TARGETS, vocabulary_size=325)
