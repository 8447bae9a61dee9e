"""Errors of the command `serve` before it listens."""

import socket

import pytest


def test_no_model_is_an_error(run):
    run("serve").assert_one_error("expected at least one model")


def test_a_path_that_is_no_model_is_an_error(run, tmp_path):
    (tmp_path / "other").mkdir()
    run("serve", tmp_path / "other", "--port", 0).assert_one_error("expected a model folder", "another folder")
    run("serve", tmp_path / "absent", "--port", 0).assert_one_error("expected a model folder", "no folder")
    run("serve", "name=", "--port", 0).assert_one_error("expected NAME=MODEL")


def test_a_port_that_is_taken_is_an_error(run, model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run("serve", model, "--port", port).assert_one_error(f"127.0.0.1:{port} cannot be used", "--port")


@pytest.mark.parametrize("host", ["..", "a" * 70])
def test_a_host_that_cannot_exist_is_an_error(run, model, host):
    run("serve", model, "--host", host, "--port", 0).assert_one_error(f"{host}:0 cannot be used", "--host")


def test_a_chosen_version_that_does_not_exist_is_an_error(run, tmp_path):
    (tmp_path / "a" / "1").mkdir(parents=True)
    (tmp_path / "a" / "1" / "saved_model.pb").write_bytes(b"a")
    file = tmp_path / "models.config"
    policy = "model_version_policy { specific { versions: 99 } }"
    file.write_text(f'model_config_list {{ config {{ name: "m" base_path: "a" {policy} }} }}')
    run("serve", "--model-config-file", file, "--port", 0).assert_one_error("the model m has no version 99: ")


def test_two_models_with_one_name_are_an_error(run, model):
    run("serve", f"a={model}", f"a={model}", "--port", 0).assert_one_error("two models have the name a", "NAME=MODEL")


@pytest.mark.parametrize(
    ("config", "part"),
    [
        ("model_config_list { config { name: } }", "expected a models.config of TensorFlow Serving"),
        ("", "expected `model_config_list` with at least one `config`"),
        ('model_config_list { config { name: "a" base_path: "/absent" } }', "no folder"),
        ('model_config_list { config { name: "a" base_path: "/b" model_platform: "c" } }', "model_platform"),
    ],
)
def test_a_wrong_config_is_an_error(run, tmp_path, config, part):
    file = tmp_path / "models.config"
    file.write_text(config)
    run("serve", "--model-config-file", file, "--port", 0).assert_one_error(part)


def test_a_file_without_keys_is_an_error(run, model, tmp_path):
    (tmp_path / "keys").write_text("# no key\n\n")
    run("serve", model, "--token-file", tmp_path / "keys", "--port", 0).assert_one_error("expected at least one key")
