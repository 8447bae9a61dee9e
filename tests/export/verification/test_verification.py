import pytest
from export_cases import TEXTS

from keras_transformer.errors import ExportError
from keras_transformer.export import Proof, SearchSettings, export_tflite
from keras_transformer.export.verification.run import Run
from keras_transformer.export.verification.verification import compare

SETTINGS = SearchSettings(beam_size=2)
FIELDS = {
    "format": "tflite",
    "search": {"beam_size": 2},
    "size": 1000,
    "operations": ["ADD"],
}


def run_of(translations, scores=None):
    tokens = [translation.split() for translation in translations]
    return Run(translations, tokens, scores, [1.0] * len(translations))


def compared(model, artifact, references, quantize=None):
    return compare(model, artifact, ["text"] * len(references), references, quantize=quantize, **FIELDS)


def test_it_counts_and_measures():
    model = run_of(["a b c d e", "f g h i j", "k"], [-1.0, -2.0, -3.0])
    artifact = run_of(["a b c d e", "f g h i x", "k"], [-1.0, -2.5, -3.0])
    found = compared(model, artifact, ["a b c d e", "f g h i j", None])
    assert (found.sentences, found.identical, found.bleu_sentences) == (3, 2, 2)
    assert found.differences == [{"text": "text", "model": "f g h i j", "artifact": "f g h i x"}]
    assert found.greatest_score_difference == 0.5
    assert found.bleu["model"] == pytest.approx(100.0)
    assert found.bleu_loss > 0.3


def test_equal_texts_of_other_tokens_are_not_identical():
    model, artifact = run_of(["a b"]), run_of(["a b"])
    artifact.tokens[0].append("</s>")
    assert compared(model, artifact, [None]).identical == 0


def test_float32_must_be_identical():
    with pytest.raises(ExportError, match="1 of 2 translations differ from the model's"):
        compared(run_of(["a", "b"]), run_of(["a", "c"]), [None, None]).check(max_bleu_loss=100.0)
    compared(run_of(["a", "b"]), run_of(["a", "b"]), [None, None]).check(max_bleu_loss=0.0)


def test_float32_must_have_the_same_scores():
    model = run_of(["a", "b"], [-1.0, -2.0])
    with pytest.raises(ExportError, match=r"scores differ by up to 5.0e-03; 1e-03 are allowed"):
        compared(model, run_of(["a", "b"], [-1.0, -2.005]), [None, None]).check(max_bleu_loss=100.0)
    compared(model, run_of(["a", "b"], [-1.0, -2.00001]), [None, None]).check(max_bleu_loss=0.0)


def test_a_quantised_artifact_may_lose_so_much_bleu():
    references = ["a b c d e", "f g h i j"]
    found = compared(run_of(references), run_of(["a b c d e", "f g h i x"]), references, quantize="int8")
    with pytest.raises(ExportError, match="lower than the model's; 0.3 are allowed"):
        found.check(max_bleu_loss=0.3)
    found.check(max_bleu_loss=found.bleu_loss)


def test_a_quantised_artifact_without_references_does_not_pass():
    with pytest.raises(ExportError, match="there are no references"):
        compared(run_of(["a"]), run_of(["a"]), [None], quantize="int8").check(max_bleu_loss=0.3)


def test_an_example_in_a_message_is_short():
    with pytest.raises(ExportError) as caught:
        compared(run_of(["a" * 10_000]), run_of(["b" * 10_000]), [None]).check(max_bleu_loss=0.3)
    assert len(str(caught.value)) < 300


@pytest.mark.slow
def test_an_artifact_that_does_not_run_is_not_left_in_place(small_translator, tmp_path):
    settings = SETTINGS.of_model(small_translator.config)
    prove = Proof(small_translator, "tflite", None, settings, [(text, None) for text in TEXTS])

    def damage_and_prove(file):
        file.write_bytes(file.read_bytes()[:1000])
        return prove(file)

    with pytest.raises(ExportError, match="does not run in a fresh process"):
        export_tflite(small_translator, tmp_path / "a.tflite", settings=settings, prove=damage_and_prove)
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_of_a_model_that_rounds_activations_may_lose_so_much_bleu():
    references = ["a b c d e", "f g h i j"]
    runs = run_of(references, [-1.0, -2.0]), run_of(references, [-1.1, -2.0])
    found = compare(*runs, references, references, quantize=None, rounds_activations=True, **FIELDS)
    found.check(max_bleu_loss=0.0)
    assert found.to_dict()["rounds_activations"]
