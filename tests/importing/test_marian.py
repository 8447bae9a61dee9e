"""Imported models are compared with Transformers, which made the folders."""

import importlib.util

import numpy as np
import pytest
from folder_changes import changed_json
from marian_folders import LANGUAGES, ODD_LINES, lines_of, make_folder, make_plain_folder

from keras_transformer.generation import SearchSettings
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID
from keras_transformer.text.language_tokens import OTHER_LANGUAGE
from keras_transformer.translator import Translator

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="Transformers is not installed"
)
IDENTITY = {"normalization_rule_name": "identity"}
CASES = {
    "joint": {"pieces": IDENTITY},
    "nfkc": {"dropped": ("▁me", "▁ku", "auf"), "d_model": 64, "encoder_layers": 1, "decoder_layers": 3},
    "no languages": {"languages": (), "pieces": IDENTITY, "encoder_layers": 3, "decoder_layers": 1, "d_model": 24},
    "separate": {"separate": True, "pieces": IDENTITY},
    "separate, untied": {"separate": True, "tie_word_embeddings": False, "activation_function": "relu", "d_model": 72},
    "shared, untied": {"tie_word_embeddings": False, "pieces": IDENTITY},
    "two tables of one vocabulary": {"share_encoder_decoder_embeddings": False, "pieces": IDENTITY},
    "unscaled": {"scale_embedding": False, "activation_function": "gelu", "pieces": IDENTITY},
    "one model": {"sides": ("source", "source"), "pieces": IDENTITY},
    "bytes": {"pieces": {**IDENTITY, "byte_fallback": "true", "size": 400}},
    "bpe": {"pieces": {**IDENTITY, "model_type": "bpe", "size": 220}},
    "case folding": {"pieces": {"normalization_rule_name": "nmt_nfkc_cf"}},
    "start is end": {"decoder_start_token_id": 0, "pieces": IDENTITY},
    "suppressed": {"suppressed": range(20, 120), "pieces": IDENTITY},
    "added languages": {"added": (">>kor<<", ">>yyy<<"), "pieces": IDENTITY},
    "no space before a text": {"languages": (), "pieces": {**IDENTITY, "add_dummy_prefix": False}},
    "spaces kept": {"languages": (), "pieces": {**IDENTITY, "remove_extra_whitespaces": False}},
    "spaces after words": {"languages": (), "pieces": {**IDENTITY, "treat_whitespace_as_suffix": True}},
    "symbols": {"pieces": {**IDENTITY, "user_defined_symbols": "<br>,xyz"}},
}
MAX_LENGTH = 40


class Case:
    """A folder, the model and the tokenizer of Transformers, and the translator that was imported."""

    def __init__(self, folder, suppressed=(), added=(), **options):
        self.model, self.tokenizer = make_folder(folder, **options)
        if added:
            self.tokenizer.add_tokens([*added])
            self.model.resize_token_embeddings(len(self.tokenizer) + 5)
            self.model.final_logits_bias[:, -5:] = -100  # Transformers fails to decode a row without a token.
            self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)
        self.suppressed = [*suppressed]
        changed_json("generation_config.json", suppress_tokens=self.suppressed)(folder)
        self.vocabulary = MarianFolder(folder).vocabulary
        self.translator = Translator.from_marian(folder)

    def generated(self, texts):
        """The greedy translations of Transformers, without the start token, as rows of its table."""
        batch = self.tokenizer(texts, return_tensors="pt", padding=True)
        config = self.model.config
        return self.model.generate(
            **batch,
            num_beams=1,
            do_sample=False,
            max_new_tokens=MAX_LENGTH,
            bad_words_ids=[[token_id] for token_id in {1, config.decoder_start_token_id} - {0}],
            suppress_tokens=self.suppressed or None,
            forced_eos_token_id=None,
        )[:, 1:].tolist()


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name == "joint" else [pytest.mark.slow]) for name in CASES],
)
def case(request, tmp_path_factory):
    return Case(tmp_path_factory.mktemp("marian"), **CASES[request.param])


def test_token_ids_are_those_of_transformers(case):
    lines = [*lines_of("source", 300, seed=1), *ODD_LINES, "a<br>b xyz", "me ku auf", ">>kor<< bade", ">>yyy<<figo"]
    found = case.translator.source_tokenizer.tokenize(lines).to_list()
    for line, ids in zip(lines, found, strict=True):
        if line.startswith(">>cmn_Hans<<") and LANGUAGES[1] not in case.vocabulary.source.tokens:
            continue  # Text here, see docs/import.md.
        if line.startswith(">>") and OTHER_LANGUAGE not in case.vocabulary.source.tokens:
            continue  # The same.
        expected = case.tokenizer(line).input_ids
        assert [*case.vocabulary.source.rows[ids], case.vocabulary.source.rows[END_ID]] == expected, line


def test_target_token_ids_are_those_of_transformers(case):
    lines = [*lines_of("target", 300, seed=1), *(line for line in ODD_LINES if "<<" not in line)]
    found = case.translator.target_tokenizer.tokenize(lines).to_list()
    for line, ids in zip(lines, found, strict=True):
        expected = case.tokenizer(text_target=line).input_ids[:-1]
        assert case.vocabulary.target.rows[ids].tolist() == expected, line


def test_logits_are_those_of_transformers(case):
    import torch  # noqa: PLC0415 (an optional dependency)

    texts = lines_of("source", 6, seed=2)
    table = case.vocabulary.target
    target_ids = np.random.default_rng(0).integers(4, len(table.tokens), (len(texts), 11))
    target_ids[:, 0] = START_ID
    batch = case.tokenizer(texts, return_tensors="pt", padding=True)
    with torch.no_grad():
        expected = case.model(**batch, decoder_input_ids=torch.tensor(table.rows[target_ids])).logits.numpy()
    source_ids = case.translator.tokenizers.encode_source(texts, 64).numpy()
    logits = np.array(case.translator.model({"source_ids": source_ids, "target_ids": target_ids}))
    assert {*table.rows[~table.is_copy], *case.suppressed} == set(range(expected.shape[-1]))
    np.testing.assert_allclose(logits[..., ~table.is_copy], expected[..., table.rows[~table.is_copy]], atol=1e-4)
    assert expected.std() > 0.5
    assert (np.exp(logits[..., table.is_copy]) == 0).all()


@pytest.mark.slow
def test_greedy_translations_are_those_of_transformers(case):
    texts = lines_of("source", 20, seed=3)
    source_ids = case.translator.tokenizers.encode_source(texts, 64)
    found = case.translator._generator.generate(source_ids, beam_size=1, max_length=MAX_LENGTH).token_ids[:, 0].numpy()
    for ids, expected in zip(found, case.generated(texts), strict=True):
        rows = case.vocabulary.target.rows[ids[ids != PADDING_ID]].tolist()
        *rows, _ = rows  # A translation that is cut ends with the end token as well.
        assert rows == expected[: len(rows)]
        if rows:
            text = case.tokenizer.decode(rows, use_source_tokenizer=False)
            (found_text,) = case.translator.tokenizers.decode_target([ids])
            assert found_text.rstrip(" ") == text  # Transformers drops spaces at the end, see docs/import.md.


def test_languages_are_one_token(case):
    tokens = case.translator.source_tokenizer.all_tokens()
    for language in LANGUAGES if "▁>>fra<<" in tokens else ():
        (ids,) = case.translator.source_tokenizer.tokenize([f"{language} bade"]).to_list()
        assert tokens[ids[0]] == f"▁{language}"
        assert case.translator.source_tokenizer.is_one_token(language)
    assert not case.translator.source_tokenizer.is_one_token(">>xxx<<")


def test_each_sentence_of_a_text_has_its_language(case):
    pytest.importorskip("sentencex")
    if "▁>>fra<<" not in case.translator.source_tokenizer.all_tokens():
        pytest.skip("the vocabulary has no language tokens")
    settings, pairs = {"settings": SearchSettings(beam_size=1, max_length=MAX_LENGTH)}, []
    texts = [">>fra<< Bade figo. Kuma sodi.", "Bade figo."]
    found = case.translator.translate(texts, split_sentences=True, sentence_pairs=pairs, **settings)
    single = case.translator.translate([">>fra<< Bade figo.", ">>fra<< Kuma sodi.", "Bade figo."], **settings)
    assert found == [" ".join(filter(None, single[:2])), single[2]]
    assert pairs[0] == [("Bade figo.", single[0]), ("Kuma sodi.", single[1])]


def test_languages_of_the_folder_are_known(case):
    assert (case.translator.texts.source_language, case.translator.texts.target_language) == ("en", "de")


@pytest.mark.slow
def test_a_saved_model_translates_the_same(case, tmp_path):
    texts = lines_of("source", 4, seed=4)
    expected = case.translator.translate(texts, beam_size=2, return_scores=True)
    case.translator.save(tmp_path)
    loaded = Translator.load(tmp_path)
    assert loaded.config == case.translator.config
    assert loaded.translate(texts, beam_size=2, return_scores=True) == expected


def test_a_preset_is_a_marian_folder_or_a_model_folder(tmp_path):
    folder = make_plain_folder(tmp_path / "marian", encoder_layers=1, decoder_layers=1)
    translator = Translator.from_preset(folder)
    translator.save(tmp_path / "model")
    assert Translator.from_preset(str(tmp_path / "model")).config == translator.config
