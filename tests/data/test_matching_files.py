import os

import pytest

from keras_transformer.data import matching_files
from keras_transformer.errors import InputError


@pytest.fixture
def corpus(tmp_path):
    """A folder with files in nested folders."""
    for name in ("a.en", "sub/b.en", "sub/deep/c.en"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text\n")
    return tmp_path


def names_of(corpus, pattern):
    return [path.relative_to(corpus).as_posix() for path in matching_files(corpus / pattern)]


def test_files_in_nested_folders_match(corpus):
    assert names_of(corpus, "**/*.en") == ["a.en", "sub/b.en", "sub/deep/c.en"]
    assert names_of(corpus, "**") == ["a.en", "sub/b.en", "sub/deep/c.en"]
    assert names_of(corpus, "*/*.en") == ["sub/b.en"]
    assert names_of(corpus, "*/b.en") == ["sub/b.en"]


def test_temporary_files_do_not_match(corpus):
    temporary = corpus / f"unfinished_{'0' * 16}_clean.dropped.jsonl"
    temporary.mkdir()
    (temporary / "clean.en").write_text("text\n")
    (corpus / "sub" / f"unfinished_{'1' * 16}_train.en").write_text("text\n")
    assert names_of(corpus, "**/*.en") == ["a.en", "sub/b.en", "sub/deep/c.en"]
    assert names_of(corpus, "*/*.en") == ["sub/b.en"]


def test_a_link_to_a_missing_file_is_refused(corpus):
    (corpus / "sub" / "z.en").symlink_to("/nowhere/z.en")
    with pytest.raises(InputError, match=r"sub/z.en: the file that this link names does not exist\."):
        matching_files(corpus / "**" / "*.en")
    assert names_of(corpus, "*.en") == ["a.en"]


@pytest.mark.parametrize("pattern", ["**/*.en", "**", "sub/*/*.en", "**/c.en", "*/*/[c].en"])
def test_a_folder_that_cannot_be_read_is_refused(corpus, monkeypatch, pattern):
    scandir = os.scandir

    # The modes of folders do not apply to root.
    def refuse(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="sub/deep: Permission denied."):
        matching_files(corpus / pattern)
    assert names_of(corpus, "*/*.en") == ["sub/b.en"]
