"""The pages of the site: which file each is made of, and where its links lead."""

import os
import pathlib
import re
import tomllib
import urllib.parse

from site_parts.dialect import outside_fences, python_markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
# Pages outside of docs/. All Markdown files in docs/ are pages too.
_OUTSIDE = {
    "README.md": "index.md",
    "examples/README.md": "examples.md",
    "saved_models/README.md": "tensorflow_serving.md",
    "training/README.md": "results.md",
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
# Titles of pages that are named after their folder in the repository.
_TITLES = {
    "saved_models/README.md": "TensorFlow Serving",
    "training/README.md": "Results",
    "benchmarks/README.md": "Speed",
}
PICTURES = (".png", ".svg", ".jpg", ".gif", ".webp")
_HEADING = re.compile(r"(#+) +(.*?) *$")
_LINK = re.compile(r'(\]\()([^()\s]+)(\)|\s+"[^"]*"\))')
# A link whose text is the name of a page.
_NAMED_LINK = re.compile(r"\[(?:[\w.-]+/)*[\w.-]+\.md\](\(([^()\s]+)\))")
_CODE = re.compile(r"(`+[^`]*`+)")
_ATTRIBUTE = re.compile(r'(\b(?:href|src|srcset)=")([^"\s]+)(")')
# A line that has only this link: GitHub shows the link, the site shows the section.
_INCLUDE = re.compile(r'^\[[^\]]*\]\(([^()\s]+) "include"\)$', re.MULTILINE)


class Pages:
    """The pages of the site by their source, and the text of each.

    Attributes:
        sources: path in the site of each source, both relative to their roots.
        pictures: sources of the pictures that the pages show, by their path in the site.
        problems: a line for each link without a target, once `text` has been called.
    """

    def __init__(self, root=ROOT):
        self._root = root
        self.sources = {name: path for name, path in _OUTSIDE.items() if (root / name).exists()}
        for file in sorted((root / "docs").rglob("*.md")):
            path = file.relative_to(root / "docs").as_posix()
            self.sources[file.relative_to(root).as_posix()] = re.sub(r"(^|/)README\.md$", r"\1index.md", path)
        self.pictures, self.problems = {}, []
        # The page that shows a section of another file.
        self._sections = {}
        for name, path in self.sources.items():
            for link in _INCLUDE.findall(self._read(name)):
                target, anchor = self._resolved(link, name)
                section = self._section(target, anchor, name)
                for heading in filter(None, map(_HEADING.match, section.split("\n"))):
                    self._sections[target, slug(heading[2])] = path
        # README.md is shown in parts.
        self.index = "docs/index.md" in self.sources
        if self.index:
            del self.sources["README.md"]

    def text(self, name):
        """Returns the Markdown of the page made of a source, for the site generator."""
        path = self.sources[name]
        parts, end, text = [], 0, self._read(name)
        for found in _INCLUDE.finditer(text):
            target, anchor = self._resolved(found[1], name)
            parts += [self._linked(text[end : found.start()], name, path)]
            parts += [self._linked(self._section(target, anchor, name), target, path).strip("\n")]
            end = found.end()
        text = "".join([*parts, self._linked(text[end:], name, path)])
        if name in _TITLES:
            text = re.sub(r"^# .*", f"# {_TITLES[name]}", text, count=1, flags=re.MULTILINE)
        return python_markdown(text)

    def _read(self, name):
        return (self._root / name).read_text(encoding="utf-8")

    def _resolved(self, link, name):
        """Returns the path in the repository and the anchor of a link in the file `name`."""
        target, _, anchor = urllib.parse.unquote(link).partition("#")
        return os.path.normpath(os.path.join(os.path.dirname(name), target)) if target else name, anchor

    def _section(self, name, anchor, from_page):
        """Returns the section with an anchor, or without an anchor the text between the title and the next heading."""
        lines, level, within, fence = [], None, False, False
        for line in self._read(name).split("\n"):
            fence ^= line.lstrip().startswith("```")
            heading = None if fence else _HEADING.match(line)
            if heading and within and len(heading[1]) <= level:
                return "\n".join(lines)
            if within:
                lines.append(line)
            elif heading and (not anchor or slug(heading[2]) == anchor):
                within, level = True, len(heading[1]) if anchor else 6
                lines += [line] if anchor else []
        if not within:
            raise ValueError(f"{from_page}: expected a heading with the anchor {anchor!r} in {name}.")
        return "\n".join(lines)

    def _linked(self, text, name, path):
        """Returns a text of the file `name` with links that lead to the same places from the page `path`."""

        def titled(found):
            target, anchor = self._resolved(found[2], name)
            return found[0] if anchor or target not in self.sources else f"[{self._title(target)}]{found[1]}"

        def link(found):
            return found[1] + self._target(found[2], name, path) + found[3]

        def changed(line):
            parts = _CODE.split(line)
            parts[::2] = [_ATTRIBUTE.sub(link, _LINK.sub(link, _NAMED_LINK.sub(titled, part))) for part in parts[::2]]
            return "".join(parts)

        return outside_fences(text, changed)

    def _title(self, name):
        """Returns the first heading of a source, or its title on the site."""
        return _TITLES.get(name) or re.search(r"^# +(.*?) *$", self._read(name), re.MULTILINE)[1]

    def _target(self, link, name, path):
        if re.match(r"[a-z]+:", link):
            return link
        target, anchor = self._resolved(link, name)
        suffix = f"#{anchor}" if anchor else ""
        page = self._sections.get((target, anchor)) or self.sources.get(target)
        if target == "README.md" and not page:
            page = "index.md"
        if page:
            return _relative(page, path) + suffix
        file = self._root / target
        if not file.exists():
            self.problems.append(f"{name}: the link {link} has no target.")
            return link
        if file.suffix in PICTURES:
            place = target.removeprefix("docs/")
            self.pictures[place] = target
            return _relative(place, path)
        return f"{REPOSITORY}/{'tree' if file.is_dir() else 'blob'}/main/{target}{suffix}"


def slug(heading):
    """Returns the anchor that GitHub gives a heading."""
    plain = re.sub(r"`|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _relative(target, path):
    return os.path.relpath(target, os.path.dirname(path) or ".")
