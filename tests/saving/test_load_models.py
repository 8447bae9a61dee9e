import pytest
from sentencepiece import sentencepiece_model_pb2

import keras_transformer as kt
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.text.direction import Direction
from keras_transformer.text.vocabulary_comparison import have_same_vocabulary

TEXT = ["a small text", "another text"]


@pytest.fixture(scope="module")
def translator():
    tokenizer = kt.text.learn_vocabulary(TEXT)
    config = kt.TransformerConfig.from_preset(
        "tiny", vocabulary_size=tokenizer.vocabulary_size, num_encoder_layers=1, num_decoder_layers=1, max_length=16
    )
    return kt.Translator(kt.build_transformer(config), tokenizer)


@pytest.mark.slow
def test_an_ensemble_of_folders_scores_as_its_models(translator, tmp_path):
    translator.save(tmp_path / "one")
    ensemble = kt.Translator.load([tmp_path / "one", str(tmp_path / "one")])
    assert isinstance(ensemble.model, kt.Ensemble)
    pair = [("a small text", "another")]
    assert ensemble.score(pair) == pytest.approx(translator.score(pair), abs=1e-4)
    assert not isinstance(kt.Translator.load([tmp_path / "one"]).model, kt.Ensemble)


def test_an_ensemble_is_not_saved(translator, tmp_path):
    ensemble = kt.Translator(kt.Ensemble([translator.model]), translator.tokenizers)
    with pytest.raises(kt.InputError, match="An ensemble has no model folder. Save each of its models"):
        ensemble.save(tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_no_folder_is_refused():
    with pytest.raises(kt.InputError, match="An ensemble needs at least one model folder. Received: none."):
        kt.Translator.load([])


def test_vocabularies_are_compared_without_notes_of_their_training(translator):
    first = translator.source_tokenizer
    model = sentencepiece_model_pb2.ModelProto.FromString(first.model)
    model.trainer_spec.input.append("elsewhere.txt")
    assert have_same_vocabulary(first, kt.text.Tokenizer(model.SerializeToString()))
    model.pieces[-1].score -= 1.0
    assert not have_same_vocabulary(first, kt.text.Tokenizer(model.SerializeToString()))
    assert not have_same_vocabulary(first, kt.text.learn_vocabulary(["other words"]))


def saved(translator, folder, *languages):
    """Saves the model with these languages."""
    kt.Translator(translator.model, translator.tokenizers, texts=kt.text.TextFacts(*languages)).save(folder)
    return folder


def test_a_known_language_is_not_replaced_by_another(translator, tmp_path):
    folder = saved(translator, tmp_path / "known", "en", "de")
    for languages, message in (
        ({"target": "fr"}, "target language: expected a language of de. Received: 'fr', the model does not have it"),
        ({"source": "ko", "target": "de"}, "source language: expected a language of en. Received: 'ko'"),
    ):
        with pytest.raises(kt.InputError, match=message) as error:
            read_ensemble_files(folder, Direction(**languages))
        assert "\n" not in str(error.value)
    (files,) = read_ensemble_files(folder, Direction("en-GB", "de-AT"))
    assert (files.texts.source_language, files.texts.target_language) == ("en-GB", "de-AT")


@pytest.mark.parametrize(("known", "given"), [("no", "nb"), ("nn", "no"), ("zh", "yue"), ("zh-Hant", "cmn-Hant")])
def test_a_language_of_a_group_is_accepted(known, given, translator, tmp_path):
    folder = saved(translator, tmp_path / "group", "en", known)
    (files,) = read_ensemble_files(folder, Direction(target=given))
    assert files.texts.target_language == given
    with pytest.raises(kt.InputError, match="does not have it"):
        read_ensemble_files(folder, Direction(target="sv"))


@pytest.mark.parametrize("languages", [(), ("roa", "mul")])
def test_unknown_languages_can_be_given(translator, tmp_path, languages):
    folder = saved(translator, tmp_path / "unknown", *languages)
    (files,) = read_ensemble_files(folder, Direction("fr", "ko"))
    assert (files.texts.source_language, files.texts.target_language) == ("fr", "ko")


def test_an_ensemble_has_one_direction(translator, tmp_path):
    de, fr, unknown = (
        saved(translator, tmp_path / name, *languages)
        for name, languages in (("de", ("en", "de")), ("fr", ("en", "fr")), ("unknown", ()))
    )
    with pytest.raises(kt.InputError, match=f"Received: {de} from en to de and {fr} from en to fr. Choose other"):
        read_ensemble_files([de, fr])
    read_ensemble_files([de, unknown, saved(translator, tmp_path / "at", "en-GB", "de-AT")])


def test_models_with_tags_need_the_language_if_their_defaults_differ(tmp_path):
    tokenizer = kt.text.learn_vocabulary(TEXT, user_defined_symbols=["<2de>", "<2en>"])
    folders = []
    for source, target in (("en", "de"), ("de", "en")):
        config = kt.TransformerConfig(
            **{"vocabulary_size": tokenizer.vocabulary_size, "num_encoder_layers": 1, "num_decoder_layers": 1},
            **{"hidden_dim": 8, "intermediate_dim": 8, "num_heads": 2, "max_length": 16},
            source_prefix=tokenizer.symbols[f"<2{target}>"],
        )
        texts = kt.text.TextFacts(source, target, directions=[("en", "de"), ("de", "en")])
        folders.append(tmp_path / target)
        kt.Translator(kt.build_transformer(config), tokenizer, texts=texts).save(folders[-1])
    with pytest.raises(kt.InputError, match=r"from en to de and .* from de to en. Set --target-language\.$"):
        read_ensemble_files(folders)
    assert len(read_ensemble_files(folders, Direction(target="de"))) == 2
