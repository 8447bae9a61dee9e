import pytest
import tensorflow as tf
from export_cases import TEXTS

from keras_transformer.export import Proof, SearchSettings, export_saved_model
from keras_transformer.export.saved_model.saved_model_runner import check_prefixes

TOO_LONG = "`prefix` must have fewer tokens than the maximum length 2 of a translation"


def signature(longest, message=TOO_LONG):
    """A signature `with_prefix` that refuses prefixes of more than `longest` letters."""

    def translate(text, prefix):
        if tf.reduce_max(tf.strings.length(prefix)) > longest:
            raise tf.errors.InvalidArgumentError(None, None, message)
        return {"translation": tf.strings.join([prefix, " it is"])}

    return translate


@pytest.mark.parametrize("longest", [4, 1, 0])
def test_prefixes_of_too_many_tokens_are_shortened(longest):
    found = check_prefixes(signature(longest), ["a", "b"], ["Today is", "Well"])
    assert found.tolist() == [b" it is"] * 2


def test_other_refusals_of_a_prefix_fail():
    with pytest.raises(tf.errors.InvalidArgumentError, match="unknown"):
        check_prefixes(signature(1, "an unknown character"), ["a", "b"], ["Today is", "Well"])


@pytest.mark.slow
def test_the_lowest_maximum_length_passes_with_prefixes(translator, tmp_path):
    settings = SearchSettings(beam_size=1, max_length=2).of_model(translator.config)
    proof = Proof(translator, "saved_model", None, settings, [(text, None) for text in TEXTS])
    export_saved_model(translator, tmp_path / "model", settings, proof, prefix_signature=True)
