import pytest

from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict
from keras_transformer.text import Tokenizers, learn_vocabulary
from keras_transformer.text.placeholder_kinds import NUMBERS
from keras_transformer.trainer.recipe_data import recipe_preparations
from keras_transformer.trainer.recipe_inputs import check_placeholders

PHRASES = {"corpus": "phrases"}


def recipe(data=(), **sections):
    return recipe_from_dict({"data": {**PHRASES, **dict(data)}, **sections})


def test_each_kind_has_symbols_in_the_vocabulary():
    loaded = recipe({"placeholders": ["url", "term"]}, vocabulary={"user_defined_symbols": ["@@"]})
    assert loaded.symbols[:3] == ["@@", "｟url1｠", "｟url2｠"]
    assert len(loaded.symbols) == 1 + 2 * NUMBERS
    assert recipe().symbols == []


@pytest.mark.parametrize(
    ("data", "sections", "message"),
    [
        ({"placeholders": ["uri"]}, {}, "placeholders"),
        ({"placeholders": "url"}, {}, "placeholders"),
        ({"placeholders": ["url"], "glossary": "a.tsv"}, {}, 'glossary needs "term" in placeholders'),
        ({"glossary": "a.tsv"}, {}, "glossary needs placeholders"),
        ({"placeholders": ["url"]}, {"vocabulary": {"size": 268}}, "size must be at least 269"),
        ({"placeholders": ["url"]}, {"minimum_risk": {"epochs": 1}}, "minimum_risk"),
        ({"placeholder_rate": 1.5}, {}, "placeholder_rate"),
    ],
)
def test_keys_that_do_not_fit_are_refused(data, sections, message):
    with pytest.raises(InputError, match=message):
        recipe(data, **sections)


def test_training_and_validation_are_prepared_by_the_symbols_of_the_vocabulary():
    data = recipe({"placeholders": ["url"], "placeholder_rate": 0.2}).data
    plain = learn_vocabulary(["a small text", "another one"])
    assert recipe_preparations(data, Tokenizers(plain)) == (None, None)
    with pytest.raises(InputError, match=r"a.model: the vocabulary has no symbols for .*'url'.*no kind"):
        check_placeholders(data, plain, "a.model")
    symbols = recipe({"placeholders": ["url"]}).symbols
    tokenizer = learn_vocabulary(["a small text", "another one"], user_defined_symbols=symbols)
    check_placeholders(data, tokenizer, "a.model")
    train, validation = recipe_preparations(data, Tokenizers(tokenizer))
    assert (train.rate, validation.rate, train.placeholders.kinds) == (0.2, 0.0, ("url",))
