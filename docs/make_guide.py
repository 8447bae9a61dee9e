"""Writes the generated parts of the guide: navigation, included code, outputs and notebooks.

Usage:
    python docs/make_guide.py                    navigation, included code and notebooks
    python docs/make_guide.py --outputs PAGE…    before that, runs English pages and writes their outputs
    python docs/make_guide.py --run FOLDER       runs all notebooks in a folder and compares their outputs

The address in Colab's badge is `Repository` of [project.urls] in pyproject.toml.
"""

import argparse
import base64
import pathlib
import re
import resource
import sys
import time
import tomllib

import guide_pages
import nbformat
from guide_pages import GUIDE, LANGUAGES, NAVIGATION, REPOSITORY
from nbclient import NotebookClient

ADDRESS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
COLAB = "https://colab.research.google.com"
INSTALL = f"""\
# Installs the library where it is missing, for example in Colab.
import importlib.util

if importlib.util.find_spec("keras_transformer") is None:
    %pip install --quiet "keras-transformer-mt[plots] @ git+{ADDRESS}"\
"""
# Limit of one cell, for a notebook that hangs. A training takes about three minutes on two idle cores.
_CELL_SECONDS = 3600
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^()\s]+)\)")


def notebook(page):
    """Returns the notebook of a page, a string of JSON."""
    text = guide_pages.expanded(page)
    path = guide_pages.notebook_path(page).relative_to(REPOSITORY).as_posix()
    in_colab = f"{ADDRESS.replace('https://github.com', COLAB + '/github')}/blob/main/{path}"
    badge = f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({in_colab})"
    cells = [
        nbformat.v4.new_markdown_cell(f"{text.partition(chr(10))[0]}\n\n{badge}"),
        nbformat.v4.new_code_cell(INSTALL),
    ]
    # The line of navigation is dropped.
    end = text.index("\n", text.index(NAVIGATION) + len(NAVIGATION) + 1)
    for block in guide_pages.blocks(text):
        cells.append(_markdown_cell(text[end : block.start], page))
        cells += _code_cells(block, page)
        end = block.end
    cells.append(_markdown_cell(text[end:], page))
    cells = [cell for cell in cells if cell.source]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata)) + "\n"


def _markdown_cell(text, page):
    """Returns a cell of text with absolute links, because a notebook is opened in other places than its page."""

    def absolute(found):
        mark, words, target = found.groups()
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve().relative_to(REPOSITORY).as_posix()
        return f"{mark}[{words}]({ADDRESS}/{'raw' if mark else 'blob'}/main/{path}{'#' + anchor if anchor else ''})"

    return nbformat.v4.new_markdown_cell(_LINK.sub(absolute, re.sub(r"<!-- include: .*? -->\n\n", "", text)).strip())


def _code_cells(block, page):
    """Yields the cell of a block with its output, and a cell that shows its picture."""
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=block.output)] if block.output else []
    yield nbformat.v4.new_code_cell(block.code.strip(), outputs=outputs)
    if block.image:
        image = base64.b64encode((page.parent / block.image).read_bytes()).decode("ascii")
        picture = nbformat.v4.new_output("display_data", {"image/png": image})
        name = pathlib.Path(block.image).name
        source = f'from IPython.display import Image, display\n\ndisplay(Image("{name}"))'
        yield nbformat.v4.new_code_cell(source, outputs=[picture])


def run_notebook(path, folder):
    """Runs a notebook from top to bottom in a folder.

    Returns:
        A line for each cell whose output differs from the committed one.
    """
    committed, run = (nbformat.read(path, as_version=4) for _ in range(2))
    NotebookClient(run, timeout=_CELL_SECONDS, resources={"metadata": {"path": str(folder)}}).execute()
    return [
        f"{path.name}, {before.id}: expected {_printed(before)!r}, received {_printed(after)!r}"
        for before, after in zip(committed.cells, run.cells, strict=True)
        if _printed(before) != _printed(after)
    ]


def _printed(cell):
    return "".join(output.text for output in cell.get("outputs", ()) if output.get("name") == "stdout")


def write_outputs(names):
    """Runs English pages and writes their outputs into the pages of all languages."""
    for name in names:
        outputs = guide_pages.outputs_of(GUIDE / "en" / name, pathlib.Path.cwd())
        for language in LANGUAGES:
            page = GUIDE / language / name
            page.write_text(guide_pages.with_outputs(page.read_text(encoding="utf-8"), outputs), encoding="utf-8")


def write_pages():
    """Writes navigation, included code and notebooks."""
    for page in guide_pages.all_pages():
        text = guide_pages.expanded(page)
        page.write_text(text, encoding="utf-8")
        if guide_pages.blocks(text):
            guide_pages.notebook_path(page).write_text(notebook(page), encoding="utf-8")


def run_notebooks(folder):
    """Runs all notebooks in one folder, prints the time of each, and exits with the lines that differ."""
    differences, first = [], time.monotonic()
    for page in guide_pages.all_pages():
        path, started = guide_pages.notebook_path(page), time.monotonic()
        if path.is_file():
            differences += run_notebook(path, folder)
            print(f"{path.name}: {time.monotonic() - started:.0f} s", flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    print(f"all notebooks: {time.monotonic() - first:.0f} s, {seconds:.0f} s of processor time", flush=True)
    sys.exit("\n".join(differences) or None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outputs", nargs="+", metavar="PAGE", default=[], help="names such as 04-one-query.md")
    parser.add_argument("--run", type=pathlib.Path, metavar="FOLDER", help="the folder in which the notebooks run")
    arguments = parser.parse_args()
    if arguments.run:
        run_notebooks(arguments.run)
    write_outputs(arguments.outputs)
    write_pages()


if __name__ == "__main__":
    main()
