"""Builds the pages of the repository as a site, with warnings as errors, and checks every link.

Usage:
    python docs/make_site.py [--output build/site] [--serve]

The pages are those in docs/, README.md and a few others (`site_parts/pages.py`). The pages of the API are made of the
docstrings of the public names.
The site opens from its folder: OUTPUT/html/index.html.
"""

import argparse
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from site_parts.api import api_pages
from site_parts.check import broken_links
from site_parts.pages import ROOT, Pages

PARTS = pathlib.Path(__file__).with_name("site_parts")
LANGUAGES = {"en": "English", "ko": "한국어"}
# Titles and pages of the navigation. A folder is a list of all its pages. Pages that do not exist are dropped. Pages
# that are not listed follow in "More".
NAVIGATION = {
    "Home": "index.md",
    "Quickstart": "quickstart.md",
    "Your own data": ["data.md", "cleaning.md", "training.md", "sentences.md"],
    "Levers": ["levers.md", "multilingual.md", "terms.md", "synthetic-text.md", "alignments.md"],
    "Existing models": ["import.md", "fine-tuning.md"],
    "Recipes": "recipes.md",
    "Commands": ["commands.md", "search.md"],
    "Serving": ["serving.md", "tensorflow_serving.md"],
    "Mobile": "mobile.md",
    "Web": "web.md",
    "Other runtimes": "exports.md",
    "Scaling": ["scaling.md", "corpus-translation.md"],
    "Results": ["results.md", "benchmarks.md"],
    "Guide": "guide/",
    "Explain": "explain.md",
    "Examples": "examples.md",
    "API": "api/",
    "FAQ": "faq.md",
    "Research": "research/",
    "More": ["migration.md", "changelog.md", "contributing.md"],
}


def navigation(titles):
    """Returns the navigation, and the titles of the pages that it does not list yet at the end.

    Args:
        titles: title of each page by its path.
    """
    entries, listed = {}, set()
    for title, paths in NAVIGATION.items():
        if str(paths).endswith("/"):
            paths = [path for path in titles if path.startswith(paths)]
        else:
            paths = [path for path in ([paths] if isinstance(paths, str) else paths) if path in titles]
        listed.update(paths)
        entries[title] = paths
    entries["More"] += [path for path in titles if path not in listed]
    return [{title: _section(paths, titles)} for title, paths in entries.items() if paths]


def _section(paths, titles):
    if len(paths) == 1:
        return paths[0]
    # The pages of the guide are in a folder for each language.
    languages = {name: [path for path in paths if f"/{name}/" in path] for name in LANGUAGES}
    rest = [path for path in paths if not any(path in of_language for of_language in languages.values())]
    section = [path if path.endswith("/index.md") else {titles[path]: path} for path in rest]
    return section + [
        {LANGUAGES[name]: [{titles[path]: path} for path in of_language]}
        for name, of_language in languages.items()
        if of_language
    ]


def write_source(folder, root=ROOT):
    """Writes the pages and the settings for the site generator.

    Args:
        folder: path of a folder.
        root: folder of the repository.

    Raises:
        SystemExit: a link has no target.
    """
    pages = Pages(root)
    texts = {path: pages.text(name) for name, path in pages.sources.items()} | api_pages(root)
    if pages.problems:
        raise SystemExit("\n".join(pages.problems))
    titles = {path: re.search(r"^# +(.*?) *$", text, re.MULTILINE)[1].replace("`", "") for path, text in texts.items()}
    for path, text in texts.items():
        file = folder / "source" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for path, name in pages.pictures.items():
        (folder / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, folder / "source" / path)
    shutil.copyfile(PARTS / "site.css", folder / "source" / "site.css")
    # JSON is YAML.
    added = {"docs_dir": "source", "site_dir": "html", "nav": navigation(titles)}
    settings = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in added.items())
    settings += (PARTS / "mkdocs.yml").read_text(encoding="utf-8")
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")


def build(folder, root=ROOT):
    """Builds the site and returns the path of its first page.

    Args:
        folder: path of the folder of the site. An earlier site in it is removed.
        root: folder of the repository.

    Raises:
        SystemExit: the site generator warns, or a link is broken.
    """
    for name in ("source", "html"):
        shutil.rmtree(folder / name, ignore_errors=True)
    write_source(folder, root)
    # The extension of formulas is in this folder, the package in that above.
    path = os.pathsep.join([str(PARTS.parent), str(root)])
    result = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # Messages about docstrings do not count as warnings of the generator.
    if result.returncode or re.search(r"^(griffe|mkdocstrings): ", result.stdout, re.MULTILINE):
        raise SystemExit(f"{result.stdout.strip()}\nThe site was not built.")
    for page in (folder / "html").glob("guide/ko/*.html"):
        page.write_text(
            page.read_text(encoding="utf-8").replace('<html lang="en"', '<html lang="ko"', 1), encoding="utf-8"
        )
    problems = broken_links(folder / "html")
    if problems:
        raise SystemExit("\n".join([*problems, f"{len(problems)} links of the site are broken."]))
    return folder / "html" / "index.html"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "site", help="folder of the site")
    parser.add_argument("--serve", action="store_true", help="serve the site at http://127.0.0.1:8000")
    arguments = parser.parse_args()
    print(build(arguments.output.resolve()))
    if arguments.serve:
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=arguments.output / "html")
        http.server.ThreadingHTTPServer(("127.0.0.1", 8000), handler).serve_forever()


if __name__ == "__main__":
    main()
