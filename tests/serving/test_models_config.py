import pytest

from keras_transformer.errors import InputError
from keras_transformer.serving.directions import Directions, ServedDirection, only_source
from keras_transformer.serving.language_names import language_name
from keras_transformer.serving.model_source import ModelSource
from keras_transformer.serving.models_config import read_models_config
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.version_policy import VersionPolicy

CONFIG = """model_config_list {
  config { name: "a" base_path: "/models/phrases" model_platform: "tensorflow" }
  config { name: "b" base_path: "other" model_version_policy { all {} } version_labels { key: "new" value: 2 } }
  config { name: "c" base_path: "/absent/c" model_version_policy { latest { num_versions: 2 } } }
}
"""
PAIRS = [("en", "zh-Hant"), ("en", "zh-Hans"), ("pt-BR", "en"), ("ko", "en")]


def test_models_have_folders_policies_and_labels(tmp_path):
    (tmp_path / "phrases").mkdir()
    file = tmp_path / "models.config"
    file.write_text(CONFIG)
    assert read_models_config(file) == [
        ("a", tmp_path / "phrases", VersionPolicy()),
        ("b", tmp_path / "other", VersionPolicy(is_all=True, labels=(("new", 2),))),
        ("c", tmp_path.__class__("/absent/c"), VersionPolicy(latest=2)),
    ]


def test_the_config_of_an_export_names_its_own_folder(tmp_path):
    folder = tmp_path / "phrases"
    folder.mkdir()
    (folder / "models.config").write_text(CONFIG.partition('  config { name: "b"')[0] + "}")
    assert read_models_config(folder / "models.config")[0][1] == folder


def test_two_models_with_one_name_are_an_error(tmp_path):
    (tmp_path / "models.config").write_text(CONFIG.replace('"b"', '"a"'))
    with pytest.raises(InputError, match="two models have the name a: .*phrases and .*other"):
        read_models_config(tmp_path / "models.config")


def version(folder):
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"a")
    return folder


def test_versions_are_folders_with_numbers(tmp_path):
    for name in ("1", "10", "02", "a", "3"):
        version(tmp_path / "model" / name)
    (tmp_path / "model" / "4").mkdir()
    source = ModelSource(tmp_path / "model")
    assert sorted(source.versions()) == [1, 3, 10]
    assert source.name == "model"


def test_one_version_has_its_number_and_the_name_of_the_model(tmp_path):
    source = ModelSource(version(tmp_path / "model" / "7"))
    assert list(source.versions()) == [7]
    assert source.name == "model"


def test_a_model_folder_has_a_new_number_when_its_files_change(tmp_path):
    for name in ("config.json", "model.weights.h5", "tokenizer.model"):
        (tmp_path / name).write_text("a")
    source = ModelSource(tmp_path)
    assert list(source.versions()) == [1]
    (tmp_path / "history.csv").write_text("loss")
    assert list(source.versions()) == [1]
    (tmp_path / "model.weights.h5").write_text("other")
    assert list(source.versions()) == [2]
    (tmp_path / "config.json").unlink()
    assert not source.versions()


def test_directions_are_found_by_code_language_and_other_names():
    directions = Directions({pair: ServedDirection(*pair) for pair in PAIRS}, {"zho_Hant": "zh-Hant"})
    assert directions.find("EN", "zh-hant") == ServedDirection("en", "zh-Hant")
    assert directions.find("en", "zho_Hant") == ServedDirection("en", "zh-Hant")
    assert directions.find("pt", "en") == ServedDirection("pt-BR", "en")
    assert directions.find("en", "zh") is None
    assert directions.find("ko", "zh-Hans") is None


def test_the_only_source_is_found():
    assert only_source([Directions.of_tags("ko", "en"), Directions.of_tags("ko", "de"), Directions()]) == "ko"
    with pytest.raises(RequestError, match="several source languages: de, ko"):
        only_source([Directions.of_tags("ko", "en"), Directions.of_tags("de", "en")])
    with pytest.raises(RequestError, match="--source-language"):
        only_source([Directions.of_tags("ko", None)])


def test_names_of_languages():
    names = [language_name(code) for code in ("ko", "zh-Hant", "pt-BR", "tlh")]
    assert names == ["Korean", "Chinese (traditional)", "Portuguese (BR)", "tlh"]
