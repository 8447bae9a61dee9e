"""The pages that a reader sees first are short."""

import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("page", "most"), [("README.md", 120), ("training/README.md", 40)])
def test_first_pages_are_short(page, most):
    lines = (REPOSITORY / page).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= most, f"{page} has {len(lines)} lines. Move details to docs/. At most {most} are allowed."
