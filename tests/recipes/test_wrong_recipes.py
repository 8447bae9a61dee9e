"""Messages about wrong recipes."""

import re

import pytest
from recipe_texts import PHRASES, TWO_CORPORA

from keras_transformer.errors import InputError
from keras_transformer.recipes import Recipe, key_synonyms, load_recipe, recipe_from_dict


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.weights=[1]", "[data]: weights must have a number for each corpus of train_source or train_pairs. "
         "Received: 1 weights for 2 corpora."),
        ("data.weights=[1, 0]", "[data] weights: input should be greater than or equal to 1. Received: 0."),
        ("data.weights=[-2, 1]", "[data] weights: input should be greater than or equal to 1. Received: -2."),
        ("data.weights=[0.5, 1]", "[data] weights: input should be a valid integer"),
        ("data.train_target='a.de'", "[data]: train_source and train_target must have the same number of corpora. "
         "Received: 2 and 1."),
        ("data.train_source=[]", "[data] train_source: list should have at least 1 item after "
         "validation, not 0. Received: []."),
        ("training.freeze=['encoders']", "[training] freeze: input should be 'encoder', 'decoder' or 'embeddings'. "
         "Received: 'encoders'."),
        ("training.freeze=['embeddings', 'encoder', 'decoder']",
         "[training]: freeze has all parts of the model, so nothing would be trained. Remove one of encoder, decoder, "
         "embeddings."),
        ("training.lora_rank=0", "[training] lora_rank: input should be greater than or equal to 1"),
    ],
)  # fmt: skip
def test_wrong_values_of_corpora_and_of_fine_tuning_are_named(recipe, setting, message):
    with pytest.raises(InputError, match=re.escape(message)):
        recipe(TWO_CORPORA, setting)


def test_dense_layers_must_be_left_for_low_rank_updates(recipe):
    with pytest.raises(InputError, match="lora_rank trains dense layers of encoder and decoder"):
        recipe(TWO_CORPORA, "training.lora_rank=4", "training.freeze=['decoder', 'encoder']")


def test_the_embedded_corpus_has_no_weights(recipe):
    with pytest.raises(InputError, match=r"1 weights for 0 corpora"):
        recipe(PHRASES, "data.weights=[2]")


@pytest.mark.parametrize("setting", ["epochs=5", "training.epochs", "training.=5", ".epochs=5", ""])
def test_a_setting_of_another_form_is_refused(recipe, setting):
    with pytest.raises(InputError, match=r"^--set expects SECTION\.KEY=VALUE, such as training\.epochs=5\. Received: "):
        recipe(PHRASES, setting)


@pytest.mark.parametrize(
    ("section", "key", "advice"),
    [
        ("training", "patience", "[evaluation] has one."),
        ("training", "early_stopping", "did you mean `patience` of [evaluation]?"),
        ("training", "gradient_clip", "did you mean `clip_norm`?"),
        ("training", "max_grad_norm", "did you mean `clip_norm`?"),
        ("training", "lr", "did you mean `learning_rate`?"),
        ("training", "batch_size", "did you mean `batch_tokens`?"),
        ("training", "batch-size", "did you mean `batch_tokens`?"),
        ("model", "dropout_rate", "did you mean `dropout`?"),
        ("training", "dropout_rate", "did you mean `dropout` of [model]?"),
        ("model", "d_model", "did you mean `hidden_dim`?"),
        ("model", "heads", "did you mean `num_heads`?"),
        ("model", "vocab_size", "did you mean `size` of [vocabulary]?"),
        ("training", "learning_rat", "did you mean `learning_rate`?"),
        ("training", "dropout", "[model] has one."),
        ("training", "finetune_from", "did you mean `init_from`?"),
        ("training", "lora_r", "did you mean `lora_rank`?"),
    ],
)
def test_a_key_of_another_toolkit_names_ours(recipe, section, key, advice):
    with pytest.raises(InputError, match=re.escape(f"[{section}] has no key `{key}`; {advice}")):
        recipe(f'{PHRASES}[{section}]\n"{key}" = 1\n')


def test_every_synonym_names_a_key():
    sections = {name: field.annotation.model_fields for name, field in Recipe.model_fields.items()}
    for key in key_synonyms._SYNONYMS:
        section, name = key.split(".")
        assert name in sections[section], key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[data\n", r"recipe\.toml: .*\(at line 1, column 6\): \[data\.$"),
        (
            "[data]\ntrain_source = train.ko  # ko\n",
            r'\(at line 2, column 16\): .* = train.ko  # ko \(put text in quotes: train_source = "train.ko"\)\.$',
        ),
        ("[data]\nlicense = CC BY 4.0", r'line 2, .*\(put text in quotes: license = "CC BY 4.0"\)\.$'),
        ("[data]\nlicense = ‘CC BY’", r'line 2, .*\(put text in quotes: license = "CC BY"\)\.$'),
        ('[data]\ncorpus = "phrases\n\n', r'line 2, .*: corpus = "phrases \(a quote is missing\)\.$'),
        ("[data]\ncorpus = 'phrases", r"\(at end of document\): corpus = 'phrases \(a quote is missing\)\.$"),
        ("[data]\nlowercase = True", r"line 2, .*: lowercase = True \(write it in lower case: lowercase = true\)\.$"),
        ("[data]\nlowercase: true", r"line 2, .*: lowercase: true \(put = between a key and its value\)\.$"),
        ("[data]\nlicense =\n", r"line 2, .*: license = \(remove a key without a value\)\.$"),
        (
            '[data]\ntrain_pairs = "C:\\data\\train"',
            r"\(put a path with backslashes in single quotes: train_pairs = 'C:\\data\\train'\)\.$",
        ),
        ("[data]\nx = 1\nx = 2\n", r"Cannot overwrite a value \(at .*: x = 2\.$"),
        ("", r"the section \[data\] is missing\. Add it with the text to train on\."),
        ("data = 3", r"\[data\] must be a section of keys\. Received: data = 3\."),
        (PHRASES + "[trainign]\n", r"there is no section \[trainign\]; did you mean `training`\?$"),
        (PHRASES + "[xyz]\n", r"there is no section \[xyz\]; it must be one of data, vocabulary, model, training,"),
        (PHRASES + "max_lenght = 3", r"\[data\] has no key `max_lenght`; did you mean `max_length`\?$"),
        (PHRASES + "[model]\nvocabulary_size = 3", r"\[model\] has no key `vocabulary_size`"),
        (PHRASES + "[model]\nmax_length = 3", r"\[model\] has no key `max_length`; \[data\] has one\.$"),
        (
            PHRASES + 'lowercase = true\n[vocabulary]\nfile = "a.model"',
            r"\[data\] lowercase needs a learned vocabulary",
        ),
        (PHRASES + "max_length = '3'", r"\[data\] max_length: .*valid integer\. Received: '3'\.$"),
        (PHRASES + "max_length = true", r"\[data\] max_length: .*valid integer\. Received: True\.$"),
        (PHRASES + "max_length = 1", r"\[data\] max_length: .*greater than or equal to 2\. Received: 1\.$"),
        (PHRASES + "lowercase = 1", r"\[data\] lowercase: .*valid boolean\. Received: 1\.$"),
        ("[data]\ncorpus = 'x'", r"\[data\] corpus: input should be 'phrases'\. Received: 'x'\.$"),
        (PHRASES + "[vocabulary]\nnormalization = 'nfc'", r"normalization: .*'nmt_nfkc', 'nfkc', .*Received: 'nfc'\.$"),
        (
            PHRASES + "[vocabulary]\ncharacter_coverage = 0.5",
            r"coverage: .*equal to 0\.98\. Received: 0\.5\.$",
        ),
        (PHRASES + "[vocabulary]\nsplit_digits = 1", r"split_digits: .*valid boolean\. Received: 1\.$"),
        (
            PHRASES + "[vocabulary]\nuser_defined_symbols = 'a'",
            r"symbols: .*valid list\. Received: 'a'\.$",
        ),
        (
            PHRASES + "[vocabulary]\nuser_defined_symbols = ['a b']",
            r"symbols: 'a b' cannot be a token: it",
        ),
        (PHRASES + "[model]\npreset = 'huge'", r"\[model\] preset: .*'tiny', 'small', 'base', 'big' or 'fast'"),
        (PHRASES + "[model]\ndropout = 1.0", r"\[model\] `dropout` must be at least 0 and below 1\."),
        (PHRASES + "[model]\nnum_heads = 3", r"\[model\] `hidden_dim` must be divisible by `num_heads`\."),
        (PHRASES + "[training]\nlearning_rate = inf", r"\[training\] learning_rate: .*finite number"),
        (PHRASES + "[training]\nlearning_rate = 0.0", r"\[training\] learning_rate: .*greater than 0"),
        (PHRASES + "[training]\nprecision = 'int8'", r"\[training\] precision: .*'float32', 'bfloat16' or 'float16'"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(recipe, text, message):
    with pytest.raises(InputError, match=message) as caught:
        recipe(text)
    assert "\n" not in str(caught.value)
    assert ".." not in str(caught.value)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"data": {}}, r"\[data\]: give one of corpus, train_source with train_target, or train_pairs\."),
        ({"data": {"corpus": "phrases", "train_pairs": "x"}}, r"\[data\]: give one of corpus"),
        (
            {"data": {"train_source": "x", "held_out": 0.1}},
            r"\[data\]: train_source and train_target must be given together\.",
        ),
        (
            {"data": {"train_pairs": "x", "held_out": 0.1, "source_column": 2}},
            r"\[data\]: source_column and target_column must be different columns\. Received: 2 for both\.",
        ),
        ({"data": {"corpus": "phrases", "held_out": 0.1}}, r"\[data\]: give one of validation_source"),
        ({"data": {"train_pairs": "x"}}, r"\[data\]: give one of validation_source"),
        ({"training": {"epochs": 1, "steps": 1}}, r"\[training\]: give either epochs or steps\."),
        ({"training": {"batch_tokens": 100}}, r"batch_tokens must be at least \[data\] max_length.*batch_tokens=100,"),
        ({"vocabulary": {"source_file": "x"}}, r"\[vocabulary\]: source_file and target_file must be given together\."),
        ({"vocabulary": {"file": "x", "normalization": "nfkc"}}, "normalization needs a learned vocabulary"),
        ({"vocabulary": {"file": "x", "split_digits": True}}, "split_digits needs a learned vocabulary"),
        (
            {"vocabulary": {"size": 262, "user_defined_symbols": ["<a>", "<b>"]}},
            "size must be at least 263, with 2 user_defined_symbols. Received: size=262.",
        ),
        ({"vocabulary": {"file": "x", "source_file": "y", "target_file": "z"}}, r"\[vocabulary\]: give either file or"),
        (
            {"vocabulary": {"shared": False}, "model": {"share_embeddings": True}},
            r"recipe: \[model\] share_embeddings needs one vocabulary",
        ),
        (
            {"vocabulary": {"source_file": "x", "target_file": "y"}, "training": {"bidirectional_epochs": 3}},
            r"recipe: \[training\] bidirectional_epochs needs one vocabulary",
        ),
        (
            {"training": {"epochs": 3, "bidirectional_epochs": 4}},
            r"bidirectional_epochs must be at most the number of epochs\. Received: bidirectional_epochs=4, 3 epochs\.",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_named(sections, message):
    with pytest.raises(InputError, match=message):
        recipe_from_dict({"data": {"corpus": "phrases"}, **sections})


@pytest.mark.parametrize("number", ["1" + "0" * 5000, "0x" + "f" * 5000, "9" * 30, str(2**32)], ids=len)
@pytest.mark.parametrize(
    "key", ["training.seed", "training.batch_tokens", "data.max_length", "model.hidden_dim", "training.learning_rate"]
)
def test_a_number_of_any_size_is_one_line(recipe, key, number):
    if key == "training.learning_rate" and len(number) < 5000:
        return
    section, name = key.split(".")
    text = PHRASES + (f"{name} = {number}" if section == "data" else f"[{section}]\n{name} = {number}")
    for arguments in [(text,), (PHRASES, f"{key}={number}")]:
        with pytest.raises(InputError, match=f"{name}|too many digits") as caught:
            recipe(*arguments)
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["[{}]", "[data]\n{} = 1", "[data]\nmax_length = '{}'"])
def test_a_message_about_a_long_name_or_value_is_short(recipe, text, tmp_path):
    with pytest.raises(InputError) as caught:
        recipe(text.format("x" * 100_000))
    assert len(str(caught.value).replace(str(tmp_path), "")) < 500


def test_a_section_that_is_none_is_refused_also_with_a_setting(recipe):
    with pytest.raises(InputError, match=r"\[data\] must be a section of keys"):
        recipe("data = 3", "data.max_length=12")


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_recipe_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(
        InputError, match=rf"^{tmp_path / name}: (No such file or|Is a) directory\. .* bundled recipe: multi30k_de_en, "
    ):
        load_recipe(tmp_path / name)


def test_a_recipe_that_is_no_utf8_is_named(tmp_path):
    (tmp_path / "recipe.toml").write_bytes(b"# B\xe4ume\n")
    with pytest.raises(InputError, match=r"recipe\.toml: expected UTF-8 text\.$"):
        load_recipe(tmp_path / "recipe.toml")
