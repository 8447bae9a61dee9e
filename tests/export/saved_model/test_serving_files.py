from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from keras_transformer.export.saved_model.serving_files import ALLOWED_BATCH_SIZES, write_server_config


def test_the_servers_own_format_reads_the_list_of_models(saved_model):
    text = (saved_model.parent / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("ko_en", "/models/ko_en", "tensorflow")


def test_the_largest_batch_is_the_last_of_the_allowed(saved_model):
    lines = (saved_model.parent / "batching_parameters.txt").read_text().splitlines()
    sizes = [int(line.split(":")[1]) for line in lines if line.startswith("allowed_batch_sizes")]
    assert sizes == sorted(sizes) == [*ALLOWED_BATCH_SIZES]
    assert f"max_batch_size {{ value: {sizes[-1]} }}" in lines


def test_changed_files_of_an_operator_are_kept(tmp_path):
    (tmp_path / "batching_parameters.txt").write_text("mine")
    write_server_config(tmp_path)
    assert (tmp_path / "batching_parameters.txt").read_text() == "mine"
    assert (tmp_path / "models.config").is_file()
