"""Checks the manifests by the schemas of Kubernetes, and runs the commands of the Dockerfile without Docker."""

import importlib
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = REPOSITORY / "training" / "cluster"

pytestmark = pytest.mark.cluster


@pytest.fixture
def schemas():
    """The package with the schemas of Kubernetes, of the extra `cluster`. Without it, the tests fail."""
    return importlib.import_module("kubernetes_validate")


def manifests():
    return list(yaml.safe_load_all((CLUSTER / "job.yaml").read_text()))


def instructions():
    """The instructions of the Dockerfile and their arguments."""
    lines = (CLUSTER / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("version", ["1.29", "1.31", "1.33"])
def test_the_manifests_follow_the_schemas(schemas, version):
    for manifest in manifests():
        schemas.validate(manifest, version, strict=True)


def test_a_wrong_manifest_is_found(schemas):
    job = manifests()[1]
    job["spec"]["completionsMode"] = "Indexed"
    with pytest.raises(schemas.ValidationError):
        schemas.validate(job, "1.31", strict=True)


def test_the_parts_of_the_manifests_refer_to_each_other():
    service, job = manifests()
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    assert service["metadata"]["name"] == pod["subdomain"]
    first = f"{job['metadata']['name']}-0.{pod['subdomain']}"
    assert variables["KERAS_DISTRIBUTION_JOB_ADDRESSES"].split(":")[0] == first
    assert (
        int(variables["KERAS_DISTRIBUTION_NUM_PROCESSES"]) == job["spec"]["completions"] == job["spec"]["parallelism"]
    )
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("is_resumed", [False, True])
def test_the_script_of_a_pod_resumes_a_training(tmp_path, is_resumed):
    script = manifests()[1]["spec"]["template"]["spec"]["containers"][0]["args"][0]
    data = tmp_path / "data"
    (data / "models" / "my").mkdir(parents=True)
    if is_resumed:
        (data / "models" / "my" / "recipe.toml").touch()
    (tmp_path / "keras-transformer").write_text('#!/bin/sh\necho "$KERAS_DISTRIBUTION_PROCESS_ID $@"\n')
    (tmp_path / "keras-transformer").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "JOB_COMPLETION_INDEX": "3"}
    script = script.replace("/data/", f"{data}/")
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    expected = f"3 train {data}/recipe.toml --output {data}/models/my"
    assert done.stdout.strip() == expected + " --resume" * is_resumed


def test_the_commands_of_the_dockerfile_install_the_library(tmp_path):
    folder, environment = tmp_path / "image", dict(os.environ)
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    environment["PATH"] = f"{tmp_path / 'venv' / 'bin'}:{environment['PATH']}"
    environment.pop("PYTHONPATH", None)
    entry = None
    for name, arguments in instructions():
        if name == "COPY":
            *sources, target = shlex.split(arguments)
            for source in sources:
                if (REPOSITORY / source).is_dir():
                    shutil.copytree(REPOSITORY / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(REPOSITORY / source, folder / target)
        elif name == "RUN":
            subprocess.run(arguments, shell=True, cwd=folder, env=environment, check=True)
        elif name == "ENTRYPOINT":
            entry = yaml.safe_load(arguments)
        else:
            assert name in ("FROM", "WORKDIR"), name
    done = subprocess.run(
        [*entry, "recipes"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "phrases" in done.stdout
