import pathlib
import sys

import keras_transformer
from keras_transformer.cli.version_text import version_text
from keras_transformer.version import __version__

FOLDER = pathlib.Path(keras_transformer.__file__).resolve().parent
LINE = f"keras-transformer {__version__} (distribution keras-transformer-mt) from {FOLDER}"


def plant(folder, name, version):
    """Writes the metadata of an installed distribution."""
    path = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    path.mkdir()
    (path / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_the_version_names_the_distribution_and_the_folder(tmp_path, monkeypatch):
    plant(tmp_path, "keras-transformer-mt", "0.1.0")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert version_text() == LINE


def test_another_distribution_with_the_same_import_name_is_a_second_line(tmp_path, monkeypatch):
    plant(tmp_path, "keras-transformer", "0.40.0")
    plant(tmp_path, "keras-transformer-mt", "0.1.0")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert version_text().splitlines() == [
        LINE,
        f"keras-transformer 0.40.0 in {tmp_path} is another distribution with the same import name. Uninstall both, "
        "then install keras-transformer-mt again.",
    ]


def test_the_command_prints_it(run):
    result = run("--version")
    assert (result.status, result.errors) == (0, "")
    assert result.lines[0] == LINE
