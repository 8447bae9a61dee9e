"""Options of the search, ensembles and glossaries of a job."""

import re
import shutil

import pytest
from corpus_jobs import JOB, written
from untrained_models import lines_of

from keras_transformer.corpus_translation.job import Job, JobError, model_digest
from keras_transformer.corpus_translation.translate_corpus import translate_corpus
from keras_transformer.errors import InputError
from keras_transformer.generation import SearchSettings
from keras_transformer.translator import Translator

pytestmark = pytest.mark.usefixtures("warm")


def test_options_of_the_search_are_those_of_the_translator(model, translator, shards, tmp_path):
    search = {"sample": True, "seed": 3, "temperature": 2.0, "top_k": 40, "top_p": 0.9, "no_repeat_ngram": 2}
    search |= {"min_length": 3, "length_penalty": 0.0}
    lines = lines_of(7, start=ord("b"))
    for number, changes in enumerate(({}, {"seed": 4})):
        output = tmp_path / str(number)
        translate_corpus(model, shards / "b.txt", output, Job(**{**search, **changes}, window=100))
        settings = SearchSettings(**{**search, **changes})
        # Line ends among the sampled characters are spaces in the file.
        expected = [re.sub(r"[\n\r]", " ", text) for text in translator.translate(lines, settings=settings)]
        assert (output / "b.txt").read_bytes() == written(expected)
    assert (tmp_path / "0" / "b.txt").read_bytes() != (tmp_path / "1" / "b.txt").read_bytes()
    with pytest.raises(InputError, match="has translations with seed=4. Received: seed=5"):
        translate_corpus(model, shards / "b.txt", output, Job(**{**search, "seed": 5}, window=100))


def test_an_ensemble_is_a_job_of_all_of_its_models(model, translator, shards, tmp_path, monkeypatch):
    loaded = []
    monkeypatch.setattr(Translator, "load", lambda paths: loaded.extend(paths) or translator)
    translate_corpus([model, str(model)], shards / "*.txt", tmp_path / "out", JOB)
    assert loaded == [model, model]
    assert (tmp_path / "out" / "a.txt").exists()
    with pytest.raises(InputError, match="has translations of another model"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", JOB)


def test_a_new_shortlist_is_another_model_for_jobs_with_shortlists_alone(model, tmp_path):
    copy = shutil.copytree(model, tmp_path / "copy")
    before = [model_digest(copy), model_digest(copy, shortlist=True)]
    (copy / "shortlist.npy").write_bytes(b"any")
    assert model_digest(copy) == before[0] == before[1] == model_digest([copy])
    assert model_digest(copy, shortlist=True) != before[1]


def test_a_glossary_belongs_to_the_job(model, shards, tmp_path):
    glossary = tmp_path / "terms.tsv"
    glossary.write_text("cat\tKatze\n")
    with pytest.raises(JobError, match="a glossary needs a model with symbols for terms"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", Job(beam_size=1, glossary=str(glossary)))
    moved = glossary.rename(tmp_path / "moved.tsv")
    with pytest.raises(JobError, match="a glossary needs a model with symbols for terms"):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", Job(beam_size=1, glossary=str(moved)))
    glossary.write_text("cat\tKater\n")
    (tmp_path / "out" / "_records").mkdir(exist_ok=True)
    (tmp_path / "out" / "_records" / "a.txt.json").touch()  # A shard is translated.
    with pytest.raises(InputError, match="has translations with glossary_digest="):
        translate_corpus(model, shards / "*.txt", tmp_path / "out", Job(beam_size=1, glossary=str(glossary)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"sample": True, "beam_size": 4}, "draws each token without a beam"), ({"top_k": 3}, "needs `sample=True`")],
)
def test_settings_that_exclude_each_other_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Job(**settings)
