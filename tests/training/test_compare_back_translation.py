"""The comparison of back-translation uses only complete results of its settings."""

import compare_back_translation
import pytest

SETTINGS = {"sample": False, "steps": 900}


class Reverse:
    """A model that copies its source."""

    def translate(self, sources, settings):
        return list(sources)


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "data" / "multi30k" / "tok"
    folder.mkdir(parents=True)
    for side in ("en", "de"):
        for name in ("train", "val", "test_2016_flickr"):
            (folder / f"{name}.{side}").write_text("".join(f"{side} {number}\n" for number in range(4)))
    return folder


def test_a_folder_has_results_of_one_setting(tmp_path):
    compare_back_translation.check_settings(tmp_path, SETTINGS)
    compare_back_translation.check_settings(tmp_path, SETTINGS)
    for other in ({"sample": True, "steps": 900}, {"sample": False, "steps": 9}):
        with pytest.raises(SystemExit, match="the folder has results of .*'steps': 900.* Choose another --output"):
            compare_back_translation.check_settings(tmp_path, other)


def test_corpora_of_unknown_settings_are_not_used(tmp_path):
    (tmp_path / "tagged.de").touch()
    with pytest.raises(SystemExit, match="unknown settings"):
        compare_back_translation.check_settings(tmp_path, SETTINGS)


def test_a_kill_leaves_no_partial_corpus(texts, tmp_path, monkeypatch):
    monkeypatch.setattr(compare_back_translation, "trained", lambda *arguments, **options: Reverse())
    write = compare_back_translation.write_text

    def stop(path, text):
        if path.name == "tagged.de":
            raise KeyboardInterrupt
        write(path, text)

    with monkeypatch.context() as patched:
        patched.setattr(compare_back_translation, "write_text", stop)
        with pytest.raises(KeyboardInterrupt):
            compare_back_translation.write_corpora(texts, tmp_path, 900, False)
    paths = compare_back_translation.write_corpora(texts, tmp_path, 900, False)
    written = paths[compare_back_translation.CORPORA[2]]
    assert [path.read_text().splitlines()[-1] for path in written] == ["<bt> de 3", "de 3"]
