"""Checks the pages of a built site: every link and anchor has a target, and nothing is loaded from another host."""

import html.parser
import os
import pathlib
import re
import urllib.parse

# Elements that load what they name; `a` does not.
_LOADED = {"audio", "embed", "iframe", "img", "input", "link", "object", "script", "source", "track", "video"}
_STYLE_ADDRESS = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""")


class _Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded = {"", "__top"}, [], []
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self._in_style = tag == "style"
        self.anchors.update(filter(None, (values.get("id"), values.get("name"))))
        for name in ("href", "src", "srcset", "data", "poster"):
            value = values.get(name)
            if value is None or (name == "data" and tag != "object"):
                continue
            addresses = [each.split()[0] for each in value.split(",") if each.split()] if name == "srcset" else [value]
            loads = tag in _LOADED and values.get("rel") not in ("canonical", "next", "prev")
            (self.loaded if loads else self.links).extend(addresses)
        self.loaded += _STYLE_ADDRESS.findall(values.get("style") or "")

    def handle_data(self, data):
        if self._in_style:
            self.loaded += _STYLE_ADDRESS.findall(data)


def broken_links(folder):
    """Returns a line for each broken link and each file from another host.

    Args:
        folder: path of the built site.
    """
    folder = pathlib.Path(folder)
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        problems += [f"{name}: loads {address}" for address in page.loaded if _is_foreign(address)]
        for address in [*page.links, *page.loaded]:
            # The page of errors names files from the root of the server.
            if not _is_local(address) or address.startswith("/") and name == "404.html":
                continue
            target, _, anchor = urllib.parse.unquote(address.split("?")[0]).partition("#")
            file = pathlib.Path(os.path.normpath(path.parent / target)) if target else path
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file() or (file in pages and anchor not in pages[file].anchors):
                problems.append(f"{name}: {address} has no target")
    for style in sorted(folder.rglob("*.css")):
        for address in _STYLE_ADDRESS.findall(style.read_text(encoding="utf-8")):
            problems.append(f"{style.relative_to(folder).as_posix()}: loads {address}")
    return problems


def _is_foreign(address):
    return address.startswith(("http:", "https:", "//"))


def _is_local(address):
    return not re.match(r"[a-z][a-z+.-]*:|//", address)
