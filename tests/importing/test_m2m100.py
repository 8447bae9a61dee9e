"""Imported multilingual models are compared with Transformers, which made the folders."""

import importlib.util

import numpy as np
import pytest
from m2m100_folders import LANGUAGES, make_folder
from marian_folders import ODD_LINES, lines_of

from keras_transformer.importing.m2m100_folder import M2M100Folder
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID
from keras_transformer.translator import Translator

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="Transformers is not installed"
)
CASES = {
    "m2m100": {},
    "nllb": {"kind": "nllb"},
    "dropped pieces": {"dropped": ("de", "▁ku", "q"), "encoder_layers": 1, "decoder_layers": 3, "d_model": 64},
    "nllb, both files": {"kind": "nllb", "keep_pieces": True, "d_model": 24, "activation_function": "gelu"},
    "unigram": {"pieces": {"model_type": "unigram", "normalization_rule_name": "identity"}},
    "other padding": {"padding_id": 5},
    "unscaled": {"scale_embedding": False, "encoder_layers": 3, "decoder_layers": 1},
    "identity": {"kind": "nllb", "pieces": {"size": 250, "normalization_rule_name": "nmt_nfkc_cf"}},
}
MAX_LENGTH = 40


class Case:
    """A folder, the model and the tokenizer of Transformers, and the translator that was imported."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.kind = options.get("kind", "m2m100")
        self.model, self.tokenizer = make_folder(folder, **options)
        self.table = M2M100Folder(folder).vocabulary.source
        self.translator = Translator.from_m2m100(folder)

    def language_id(self, language):
        return self.tokenizer.convert_tokens_to_ids(f"__{language}__" if self.kind == "m2m100" else language)

    def generated(self, texts, target):
        """The greedy translations of Transformers, without the start token and the language."""
        batch = self.tokenizer(texts, return_tensors="pt", padding=True)
        return self.model.generate(
            **batch,
            forced_bos_token_id=self.language_id(target),
            num_beams=1,
            do_sample=False,
            max_new_tokens=MAX_LENGTH,
            bad_words_ids=[[self.tokenizer.pad_token_id], [self.tokenizer.unk_token_id]],
            forced_eos_token_id=None,
        )[:, 2:].tolist()


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name == "m2m100" else [pytest.mark.slow]) for name in CASES],
)
def case(request, tmp_path_factory):
    return Case(tmp_path_factory.mktemp("m2m100"), **CASES[request.param])


def test_token_ids_are_those_of_transformers(case):
    lines = [*lines_of("source", 200, seed=1), *lines_of("target", 200, seed=1), *map(str.strip, ODD_LINES)]
    found = case.translator.source_tokenizer.tokenize(lines).to_list()
    language = case.translator.config.source_prefix
    for line, ids in zip(lines, found, strict=True):
        expected = case.tokenizer(line).input_ids
        assert case.table.rows[[language, *ids, END_ID]].tolist() == expected, line


def test_logits_are_those_of_transformers(case):
    import torch  # noqa: PLC0415 (an optional dependency)

    texts = lines_of("source", 6, seed=2)
    target_ids = np.random.default_rng(0).integers(4, len(case.table.tokens), (len(texts), 11))
    target_ids[:, 0] = START_ID
    with_language = np.insert(target_ids, 1, case.translator.config.target_prefix, axis=1)
    batch = case.tokenizer(texts, return_tensors="pt", padding=True)
    with torch.no_grad():
        decoder_input_ids = torch.tensor(case.table.rows[with_language])
        expected = case.model(**batch, decoder_input_ids=decoder_input_ids).logits.numpy()[:, 1:]
    source_ids = case.translator.tokenizers.encode_source(texts, 63).numpy()
    logits = np.array(case.translator.model({"source_ids": source_ids, "target_ids": target_ids}))
    is_own = ~case.table.is_copy
    assert set(case.table.rows[is_own]) == set(range(expected.shape[-1]))
    np.testing.assert_allclose(logits[..., is_own], expected[..., case.table.rows[is_own]], atol=1e-4)
    assert expected.std() > 0.5
    assert (np.exp(logits[..., case.table.is_copy]) == 0).all()


@pytest.mark.slow
def test_greedy_translations_are_those_of_transformers(case):
    texts = lines_of("source", 20, seed=3)
    source, first, other = LANGUAGES[case.kind]
    case.translator.save(case.folder / "model")
    for target in (first, other):
        translator = Translator.load(case.folder / "model", source, target)
        source_ids = translator.tokenizers.encode_source(texts, 63)
        found = translator._generator.generate(source_ids, beam_size=1, max_length=MAX_LENGTH).token_ids[:, 0].numpy()
        lengths = set()
        for ids, expected in zip(found, case.generated(texts, target), strict=True):
            *rows, _ = case.table.rows[ids[ids != PADDING_ID]].tolist()  # A cut translation has the end token as well.
            assert rows == expected[: len(rows)]
            lengths.add(len(rows))
        assert max(lengths) > 5


@pytest.mark.slow
def test_a_direction_is_chosen_when_a_model_is_loaded(case, tmp_path):
    source, target, other = LANGUAGES[case.kind]
    assert case.translator.texts.source_language == "en"
    assert case.translator.texts.target_language == "fr"
    assert case.translator.target_tokenizer.token(case.translator.config.target_prefix).strip("_") == target
    case.translator.save(tmp_path)
    texts = lines_of("source", 8, seed=4)
    loaded = Translator.load(tmp_path)
    assert loaded.config == case.translator.config
    assert loaded.translate(texts, return_scores=True) == case.translator.translate(texts, return_scores=True)
    changed = Translator.load(tmp_path, target_language=other)
    assert changed.config.source_prefix == case.translator.config.source_prefix
    assert changed.translate(texts, return_scores=True) != loaded.translate(texts, return_scores=True)
    with pytest.raises(ValueError, match=f"target language: expected a language of .*{source}, .*Received: 'xx'"):
        Translator.load(tmp_path, target_language="xx")


@pytest.mark.slow
def test_scores_exclude_the_languages(case):
    text = lines_of("source", 1, seed=5)[0]
    (found,), (score,) = case.translator.translate([text], beam_size=1, length_penalty=0.0, return_scores=True)
    tokens = case.translator.target_tokenizer.tokenize([found]).to_list()[0]
    (expected,) = (
        case.translator._generator.generate(case.translator.tokenizers.encode_source([text], 63), beam_size=1)
        .token_ids[0, :1]
        .numpy()
    )
    if [*tokens, END_ID] == expected.tolist():  # The tokens of a text can differ from those that were generated.
        assert case.translator.score([(text, found)])[0] == pytest.approx(score, abs=1e-3)
