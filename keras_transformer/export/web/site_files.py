"""The files of the page, except the model and LiteRT.js."""

import hashlib
import html
import importlib.resources
import json
import re

MODEL_NAME = "model.tflite"
SETTINGS_NAME = "settings.json"
LITERT_NAME = "litert"
CARD_NAME = "README.md"
_HTML = "index.html"
_SERVICE_WORKER = "service_worker.js"
_COPIED = (
    *("card.js", "downloads.js", "offline.js", "page.css", "page.js", "sentences.js", "translation_view.js"),
    *("translator.js", "worker.js"),
)
# Node then imports `translator.js` as a module.
_PACKAGE = {"type": "module", "private": True}
_PLACE = re.compile(r"\{\{(\w+)\}\}")
# Characters of the signature that the page uses.
_WIDTH = 256
# The space before a text and the end token. Other characters have at most one token each, unless they are spelled in
# bytes or the normalisation replaces them by several.
_FURTHER_TOKENS = 2


def longest_sentence(max_length):
    """Returns the number of characters from which the page divides a sentence.

    Args:
        max_length: number of tokens of the longest source, including the end token.
    """
    return max(1, min(_WIDTH, max_length - _FURTHER_TOKENS))


def write_site(folder, max_length, source_language=None, target_language=None):
    """Writes the page into a folder with the model and LiteRT.js.

    Args:
        folder: the folder, which contains `MODEL_NAME` and `LITERT_NAME`.
        max_length: number of tokens of the longest source, including the end token. Longer sentences are split.
        source_language, target_language: language tags. Default None: unknown.
    """
    words = json.loads(_page_file("en.json"))
    _write(folder / _HTML, _PLACE.sub(lambda place: html.escape(words["page"][place[1]]), _page_file(_HTML)))
    longest = longest_sentence(max_length)
    for name in _COPIED:
        _write(folder / name, _page_file(name).replace("{{longest}}", str(longest)))
    files = [folder / MODEL_NAME, *sorted((folder / LITERT_NAME).glob("*.wasm"))]
    settings = {
        "sourceLanguage": source_language,
        "targetLanguage": target_language,
        "model": MODEL_NAME,
        "bytes": {file.relative_to(folder).as_posix(): file.stat().st_size for file in files},
        "words": words["program"],
    }
    _write(folder / SETTINGS_NAME, _json(settings))
    _write(folder / "package.json", _json(_PACKAGE))


def write_service_worker(folder):
    """Writes the service worker of a complete folder. Its version is a hash of all other files."""
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\n".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    kept = (_HTML, *_COPIED, SETTINGS_NAME, MODEL_NAME, CARD_NAME, "litert/index.js", "litert/wasm_utils.js")
    text = _page_file(_SERVICE_WORKER).replace('"{{version}}"', json.dumps(digest.hexdigest()[:16]))
    _write(folder / _SERVICE_WORKER, text.replace('["{{files}}"]', json.dumps(["./", *kept])))


def _page_file(name):
    return importlib.resources.files("keras_transformer").joinpath("export", "web", "page", name).read_text("utf-8")


def _json(content):
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _write(path, text):
    path.write_text(text, encoding="utf-8", newline="")
