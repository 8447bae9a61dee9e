"""The comparisons of techniques use only complete results of their settings."""

import argparse

import compare_back_translation
import compared_trainings
import pytest

import keras_transformer as kt
from keras_transformer.corpora.phrases import phrase_splits


class Reverse:
    """A model that copies its source."""

    def translate(self, sources, settings):
        return list(sources)


@pytest.fixture
def options(tmp_path):
    return argparse.Namespace(output=tmp_path / "output", data=tmp_path / "data", steps=2, batch_tokens=256)


@pytest.fixture
def text(options):
    """The function of `multi30k` for a folder with four pairs of each split."""
    text = compared_trainings.multi30k(options)
    text("train.en").parent.mkdir(parents=True)
    for side in ("en", "de"):
        for name in ("train", "val", "test_2016_flickr"):
            text(f"{name}.{side}").write_text("".join(f"{side} {number}\n" for number in range(4)))
    return text


def test_a_folder_has_models_of_one_setting(options):
    compared_trainings.begin(options, sample=False)
    compared_trainings.begin(options, sample=False)
    message = "the folder has models of .*'steps': 2.* Choose another --output"
    with pytest.raises(SystemExit, match=message):
        compared_trainings.begin(options, sample=True)
    options.steps = 3
    with pytest.raises(SystemExit, match=message):
        compared_trainings.begin(options, sample=False)


def test_models_of_unknown_settings_are_not_used(options):
    options.output.mkdir()
    (options.output / "reverse").mkdir()
    with pytest.raises(SystemExit, match="unknown settings"):
        compared_trainings.begin(options)


@pytest.mark.slow
def test_a_finished_model_is_used_again(options, monkeypatch):
    options.output.mkdir()
    for split, pairs in phrase_splits().items():
        for side, lines in zip(("source", "target"), zip(*pairs[:300])):
            compared_trainings.write_lines(options.output / f"{split}.{side}", lines)
    data = {}
    for split in ("train", "validation"):
        sides = (options.output / f"{split}.{side}" for side in ("source", "target"))
        data |= compared_trainings.pair_keys(split, *sides)
    model = compared_trainings.trained("model", data, 1, options, {"model_type": "unigram"})
    monkeypatch.setattr(kt, "train", None)
    again = compared_trainings.trained("model", data, 1, options, {"model_type": "unigram"})
    pairs = phrase_splits()["test"][:4]
    assert again.score(pairs) == model.score(pairs)


def test_a_kill_leaves_no_partial_corpus(options, text, monkeypatch):
    monkeypatch.setattr(compare_back_translation, "trained", lambda *arguments, **options: Reverse())
    write = compare_back_translation.write_lines
    options.output.mkdir()
    options.sample = False
    compare_back_translation.write_half(text, options.output)

    def stop(path, lines):
        if path.name == "tagged.en":
            raise KeyboardInterrupt
        return write(path, lines)

    with monkeypatch.context() as patched:
        patched.setattr(compare_back_translation, "write_lines", stop)
        with pytest.raises(KeyboardInterrupt):
            compare_back_translation.write_synthetic(text, options)
    assert not (options.output / "tagged.en").exists()
    compare_back_translation.write_synthetic(text, options)
    assert (options.output / "tagged.en").read_text() == "en 0\nen 1\n<bt> de 2\n<bt> de 3\n"
