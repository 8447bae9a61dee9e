"""Every block of code of a page runs as printed, or has the line "Not run here: REASON" above it.

Blocks that train, translate or export run in the slow tests. All blocks of a page share one folder.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import click
import pytest
from page_blocks import GUIDE_PAGES, PAGES, PYTHON, REPOSITORY, RUNNABLE, SHELL, TOML, all_blocks, page_blocks

import keras_transformer as kt
from keras_transformer.cli.command_group import COMMANDS
from keras_transformer.cli.main import cli

BLOCKS = all_blocks()
RUN = [block for block in BLOCKS if block.is_run]
COMMAND = re.compile(r"keras-transformer ((?:[^\n#|`\\]|\\\n)+)")
CORPUS = {"data": {"corpus": "phrases"}}
VALIDATION = {"validation_source": "validation.ko", "validation_target": "validation.en"}


def blocks_in(*languages):
    return [block for block in BLOCKS if block.language in languages]


def pages_that_train():
    return [page for page in PAGES if any(block.is_run and block.trains for block in page_blocks(page))]


@pytest.fixture
def run(tmp_path):
    """Runs a program in the folder of the test with `keras-transformer` and `python` of this checkout."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, command in (("keras-transformer", "-m keras_transformer"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUTF8": "1",
    }

    def run(*command, stdin=""):
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, input=stdin, capture_output=True, text=True, encoding="utf-8"
        )
        assert result.returncode == 0, f"{result.stdout[-2000:]}\n{result.stderr[-2000:]}"
        return result.stdout

    return run


def run_block(block, run, folder):
    """Runs a block, or writes a recipe to its file."""
    if block.language == TOML:
        if block.file_name:
            (folder / block.file_name).write_text(block.text, encoding="utf-8")
        return ""
    return (
        run("bash", "-euo", "pipefail", "-c", block.text)
        if block.language == SHELL
        else run("python", "-c", block.text)
    )


def test_every_block_runs_or_says_why_not(capsys):
    assert [str(block) for block in RUN if block.language not in RUNNABLE] == []
    counts = collections.Counter((block.language, block.is_run) for block in BLOCKS)
    with capsys.disabled():
        print(f"\n{len(RUN)} blocks of pages are run, {len(BLOCKS) - len(RUN)} are not run here")
        for (language, is_run), count in sorted(counts.items()):
            print(f"  {language}: {count} {'run' if is_run else 'not run here'}")
    assert len(RUN) >= 10


@pytest.mark.parametrize("block", blocks_in(PYTHON), ids=str)
def test_python_has_no_syntax_error(block):
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", blocks_in(SHELL), ids=str)
def test_shell_has_no_syntax_error(block):
    result = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("block", blocks_in(TOML), ids=str)
def test_a_recipe_is_accepted(block):
    """Completes a part of a recipe with the embedded corpus, or with files for validation."""
    sections = tomllib.loads(block.text)
    if "data" in sections:
        sections["data"] = {"validation_source": "validation.ko", "validation_target": "validation.en"} | sections[
            "data"
        ]
    assert kt.recipes.recipe_from_dict(CORPUS | sections)


@pytest.mark.parametrize("page", [*PAGES, *GUIDE_PAGES], ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_commands_and_their_options_exist(page):
    for command in COMMAND.findall(page.read_text(encoding="utf-8")):
        name, *words = command.split()
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
            continue  # A placeholder.
        assert name in COMMANDS, command
        context = click.Context(cli)
        known = {option for each in cli.get_command(context, name).params for option in each.opts}
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= known | {"--help"}, command


@pytest.mark.parametrize("block", [block for block in RUN if block.language == PYTHON and not block.trains], ids=str)
def test_python_runs_as_printed(block, run, tmp_path):
    run_block(block, run, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_that_train(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_a_page_runs_as_printed(page, run, tmp_path, folder):
    """Adds the files and models that a page does not make: the small corpus, and a model under each name."""
    blocks = [block for block in page_blocks(page) if block.is_run]
    text = "".join(block.text for block in blocks)
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    shutil.copy(tmp_path / "my.toml", tmp_path / "recipe.toml")
    shutil.copy(tmp_path / "test.ko", tmp_path / "paragraphs.ko")
    (tmp_path / "training").symlink_to(REPOSITORY / "training")
    for name in set(re.findall(r"\bmodels/\w+", text)) - set(re.findall(r"--output (models/\w+)", text)):
        shutil.copytree(folder / "models" / "phrases", tmp_path / name)
    outputs = [run_block(block, run, tmp_path) for block in blocks]
    if page == REPOSITORY / "README.md":
        assert "I went to the cafe yesterday." in "".join(outputs)
        assert pathlib.Path(tmp_path / "saved_models" / "my" / "1" / "saved_model.pb").is_file()
