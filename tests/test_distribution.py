"""Tests of the distribution: its name, its extras, its pages and the documented installation."""

import importlib.util
import pathlib
import re
import subprocess
import tomllib

import pytest

from keras_transformer.errors import EXTRAS, InputError, check_installed

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# keras-transformer on the package index is another package.
OTHER_DISTRIBUTION = re.compile(r"pip3? install [^\n#]*?(?<![\w./-])keras-transformer(?!-mt)\b|keras-transformer\[")
# The distribution is not on the package index. It is installed from a clone or from an address.
FROM_THE_INDEX = re.compile(r"pip3? install (?:-\S+ )*['\"]?keras-transformer-mt[^@\n]*$", re.MULTILINE)
# Extras of the repository. The library has no message about their packages.
DEVELOPMENT_EXTRAS = {"bench", "cluster", "docs", "notebooks", "test"}


@pytest.fixture
def setup_script():
    specification = importlib.util.spec_from_file_location("setup_script", REPOSITORY / "setup.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_packages_of_every_extra_are_those_of_the_project():
    names = {
        extra: {re.match(r"[\w-]+", requirement)[0] for requirement in requirements}
        for extra, requirements in PROJECT["optional-dependencies"].items()
        if extra not in DEVELOPMENT_EXTRAS
    }
    assert {extra: set(packages.split()) for extra, packages in EXTRAS.items()} == names


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_missing_package_names_the_packages_of_its_extra(extra):
    message = f'^absent is not installed: pip install {EXTRAS[extra]} .the extra "{extra}" of {PROJECT["name"]}.$'
    with pytest.raises(InputError, match=message):
        check_installed("absent", extra)


def test_a_missing_package_without_an_extra_is_named():
    with pytest.raises(InputError, match="^absent is not installed. Install the package that has it.$"):
        check_installed("absent", "npz")


def test_the_table_of_extras_has_every_extra():
    page = (REPOSITORY / "docs" / "quickstart.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", page.partition("## Extras")[2].partition("\n## ")[0], re.MULTILINE)
    assert set(EXTRAS) - set(re.findall(r"`([\w-]+)`", " ".join(rows))) == set()


@pytest.mark.parametrize("wrong_line", [OTHER_DISTRIBUTION, FROM_THE_INDEX])
def test_nothing_in_the_repository_recommends_another_package(wrong_line):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git repository")
    paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    own = pathlib.Path(__file__)
    texts = {
        path: path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file() and path != own
    }
    assert len(texts) > 300
    found = [f"{path}: {match[0]}" for path, text in texts.items() for match in wrong_line.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("pip install keras-transformer", True),
        ('pip install -U "keras-transformer>=1"', True),
        ("Python with keras-transformer[jax]", True),
        ("pip install keras-transformer-mt", False),
        ('pip install "keras-transformer-mt[jax] @ git+https://github.com/OWNER/keras-transformer"', False),
        ("pip install .   # in keras-transformer", False),
        ("pip uninstall keras-transformer", False),
    ],
)
def test_a_recommendation_of_another_package_is_recognised(text, is_found):
    assert bool(OTHER_DISTRIBUTION.search(text)) == is_found


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("pip install keras-transformer-mt", True),
        ('pip install -U "keras-transformer-mt[serve]"\nnext', True),
        ("pip install 'keras-transformer-mt[ray]'", True),
        ('pip install "keras-transformer-mt[jax] @ git+https://github.com/OWNER/keras-transformer"', False),
        ('pip install ".[serve]"', False),
    ],
)
def test_an_installation_from_the_index_is_recognised(text, is_found):
    assert bool(FROM_THE_INDEX.search(text)) == is_found


def test_the_links_of_the_long_description_are_absolute(setup_script):
    page = "[a](docs/a.md#b) ![p](docs/p.png) [c](https://c.test) [d](#use)\n[e](mailto:e@e.test)"
    address = PROJECT["urls"]["Homepage"]
    assert setup_script.with_absolute_links(page) == (
        f"[a]({address}/blob/main/docs/a.md#b) ![p]({address}/raw/main/docs/p.png) [c](https://c.test) [d](#use)"
        "\n[e](mailto:e@e.test)"
    )
    readme = setup_script.with_absolute_links((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)", readme)
    assert len(links) > 5
    assert [link for link in links if not re.match(r"https://|#", link)] == []


def test_every_file_that_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)\s#]+)", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (REPOSITORY / link).exists()] == []
