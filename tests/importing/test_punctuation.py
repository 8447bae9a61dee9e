"""Rules of punctuation are compared with sacremoses."""

import pytest
import sentencepiece
from marian_folders import learned_pieces, lines_of, pieces_model, vocabulary_of

from keras_transformer.importing.punctuation import punctuation_rules
from keras_transformer.importing.side_models import read_pieces, source_model
from keras_transformer.importing.token_table import token_table

TEXTS = [
    "„Wort“ “word” ”word” ‘it’ don’t l’ami ‚so‘ ´a´ `b` ``c'' ’’d’’",
    "one – two — three … four...",
    "(in) (in ) ( in) a(b)c (end). (end) , x :y ; z :",
    "«\u00a0mot\u00a0» « mot » «mot» 5\u00a0% 5 % 12\u00a0345 wow\u00a0! so\u00a0? a\u00a0: b\u00a0; c,\u00a0d",
    'He said "yes", then "no". And “maybe”, „so“. "a", b',
    "no punctuation",
    "",
]


def normalized(path, language):
    """Returns the normalisations of the model with the rules and of the original model."""
    proto = read_pieces(path)
    vocabulary = vocabulary_of([path.read_bytes()])
    table = token_table(vocabulary, "<unk>", "</s>", vocabulary["<pad>"], "<pad>", [])
    models = source_model(proto, table, path, punctuation_rules(language)), path.read_bytes()
    return [sentencepiece.SentencePieceProcessor(model_proto=model).normalize for model in models]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ru"])
def test_texts_are_normalised_as_by_moses(language, tmp_path):
    sacremoses = pytest.importorskip("sacremoses")
    normalize = sacremoses.MosesPunctNormalizer(lang=language).normalize
    path = tmp_path / "source.spm"
    path.write_bytes(pieces_model("source", normalization_rule_name="identity"))
    ours, original = normalized(path, language)
    for text in TEXTS:
        assert ours(text) == original(normalize(text)), text


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_multi30k_is_normalised_as_by_moses(language, parallel_data, tmp_path):
    sacremoses = pytest.importorskip("sacremoses")
    normalize = sacremoses.MosesPunctNormalizer(lang=language).normalize
    lines = (parallel_data / "multi30k" / "raw" / f"train.{language}").read_text(encoding="utf-8").split("\n")
    path = tmp_path / "source.spm"
    path.write_bytes(learned_pieces([*lines[:2000], *lines_of("source")], 2000))
    ours, original = normalized(path, language)
    assert any(normalize(line) != line for line in lines)
    assert [ours(line) for line in lines] == [original(normalize(line)) for line in lines]
