import pathlib
import re

from setuptools import setup

REPOSITORY = "https://github.com/OWNER/keras-transformer"
_RELATIVE_LINK = re.compile(r"(!?\[[^\]]*\]\()(?![a-z]+:|#|/)([^)\s]+)")


def with_absolute_links(page):
    """The Markdown page with links to the files of the repository, because the package index has no such files."""
    return _RELATIVE_LINK.sub(
        lambda link: f"{link[1]}{REPOSITORY}/{'raw' if link[1].startswith('!') else 'blob'}/main/{link[2]}", page
    )


if __name__ == "__main__":
    setup(
        long_description=with_absolute_links(pathlib.Path("README.md").read_text(encoding="utf-8")),
        long_description_content_type="text/markdown",
    )
