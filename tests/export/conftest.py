"""Translators and exports that several test files use."""

import pytest
from export_cases import trained_translator


@pytest.fixture(scope="session")
def translator():
    """A pre-norm translator with one vocabulary."""
    return trained_translator(normalize_first=True)


@pytest.fixture(scope="session")
def translator_of_two():
    """A post-norm translator with two vocabularies."""
    return trained_translator(seed=2, shared=False)


@pytest.fixture(scope="session")
def small_translator():
    """An untrained translator that is exported in seconds, for tests that do not depend on translations."""
    return trained_translator(steps=0, num_decoder_layers=1)


@pytest.fixture(scope="session")
def saved_model(translator, tmp_path_factory):
    """The version folder of a SavedModel of the first translator with beam size 3 and 2 translations."""
    return translator.export_saved_model(tmp_path_factory.mktemp("served") / "ko_en", beam_size=3, n_best=2)
