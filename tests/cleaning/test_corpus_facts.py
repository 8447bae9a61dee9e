from keras_transformer.cleaning import corpus_facts


def test_the_first_rows_end_after_many_characters(monkeypatch):
    monkeypatch.setattr(corpus_facts, "_SAMPLE_CHARACTERS", 100)
    rows = iter(["a" * 60, "b" * 60, "c"])
    assert len(corpus_facts.first_rows(rows, len)) == 2
    assert list(rows) == ["c"]


def test_the_first_rows_are_10_000():
    rows = iter(range(10_001))
    assert len(corpus_facts.first_rows(rows, lambda row: 1)) == 10_000
    assert list(rows) == [10_000]
