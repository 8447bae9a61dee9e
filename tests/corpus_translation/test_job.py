import pytest

from keras_transformer.corpus_translation.job import Job, check_versions, further_packages, versions
from keras_transformer.corpus_translation.shards import Shard


def packages(model, *names, **settings):
    return further_packages(model, Job(**settings), [Shard(name, f"/corpus/{name}", 1) for name in names])


def test_the_packages_of_a_job_are_those_that_its_files_need(model):
    assert packages(model, "a.txt", "b.gz") == []
    assert packages(model, "a.zst", "b/c.parquet") == ["pyarrow", "zstandard"]


@pytest.mark.parametrize(("language", "package"), [("de", "sentencex"), ("ko", "kiwipiepy")])
def test_the_packages_of_a_job_are_those_that_split_its_sentences(model, language, package):
    pytest.importorskip(package)
    languages = {"source_language": language, "target_language": "en"}
    assert packages(model, "a.txt", split_sentences=True, **languages) == [package]
    assert packages(model, "a.txt", **languages) == []
    check_versions(versions([package]))
