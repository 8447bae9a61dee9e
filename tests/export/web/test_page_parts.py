"""The files of the page, and its splitting of texts, which runs in Node."""

import itertools
import json
import pathlib
import re
import shutil
import string
import subprocess
import time

import pytest

import keras_transformer
from keras_transformer.text.sentences import sentence_joiner

PAGE = pathlib.Path(keras_transformer.__file__).parent / "export" / "web" / "page"
HTML = (PAGE / "index.html").read_text("utf-8")
WORDS = json.loads((PAGE / "en.json").read_text("utf-8"))
PROGRAM = "".join(path.read_text("utf-8") for path in PAGE.glob("*.js"))


def run_module(function, texts, module="sentences.js"):
    """Runs a function of JavaScript, which can use a module of the page as `page`, for each text."""
    node = shutil.which("node") or pytest.skip("node is not installed")
    content = json.dumps((PAGE / module).read_text("utf-8"))
    program = f"""
        const page = await import("data:text/javascript," + encodeURIComponent({content}));
        console.log(JSON.stringify(await Promise.all({json.dumps(texts)}.map({function}))));
    """
    command = [node, "--input-type=module"]
    result = subprocess.run(command, input=program, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def parts_of(texts, language, is_split, longest):
    """Runs `partsOf` of the page for each text."""
    found = run_module(f'(text) => page.partsOf(text, "{language}", {json.dumps(is_split)}, {longest})', texts)
    for text, parts in zip(texts, found, strict=True):
        assert "".join(part["before"] + part["text"] + part["after"] for part in parts) == text
    return [[part["text"] for part in parts] for parts in found]


def spaced(texts, source, target, longest=256):
    """Returns the texts with the spaces of their translations."""
    parts = f'page.spacedParts(page.partsOf(text, "{source}", true, {longest}), {json.dumps(target)})'
    return run_module(f"(text) => {parts}.map((part) => part.before + part.text + part.after).join('')", texts)


SENTENCES = (PAGE / "sentences.js").read_text("utf-8")


def test_sentences_and_lines_are_parts():
    texts = ["Hello there. How are you?\n\n  Fine! 3.5 km.", "", " \n", "하나. 둘이다.\r\n셋"]
    assert parts_of(texts, "en", True, 256) == [
        ["Hello there.", "How are you?", "", "Fine!", "3.5 km."],
        [],
        [""],
        ["하나.", "둘이다.", "셋"],
    ]


def test_without_splitting_a_line_is_a_part():
    assert parts_of(["A b. C d.\nE f. "], "en", False, 256) == [["A b. C d.", "E f."]]


def test_long_parts_are_cut_between_words():
    (parts,) = parts_of(["one two three four"], "en", True, 9)
    assert parts == ["one two", "three", "four"]
    (parts,) = parts_of(["🙂" * 20], "en", True, 8)
    assert [len(part) for part in parts] == [8, 8, 4]
    (parts,) = run_module('(text) => page.partsOf(text, "en", true, 9)', ["One two. Three. One two three."])
    assert [(part["text"], part["isCut"]) for part in parts] == [
        *(("One two.", False), ("Three.", False), ("One two", True), ("three.", True)),
    ]


def test_characters_of_several_code_points_are_not_cut():
    family = "👨\u200d👩\u200d👧\u200d👦"
    assert parts_of([family * 3], "en", True, 8) == [[family] * 3]
    assert parts_of(["a" + "\u0301" * 20], "en", True, 8) == [["a" + "\u0301" * 7, "\u0301" * 8, "\u0301" * 5]]


def test_a_very_long_line_is_cut_between_words_and_sentences():
    texts = ["가나다 " * 20_000, "One two three. " * 1000, "🙂" * 3000]
    started = time.monotonic()
    words, sentences, characters = parts_of(texts, "ko", True, 256)
    assert time.monotonic() - started < 10
    assert {word for part in words for word in part.split(" ")} == {"가나다"}
    assert {*sentences} == {"One two three."}
    assert "".join(characters) == texts[2]
    assert max(map(len, words + characters)) <= 256


def test_translations_of_a_line_are_joined_by_the_language_of_the_translation():
    assert spaced(["你好。再见。\n再见。", " 你好。 "], "zh-Hans", "en") == ["你好。 再见。\n再见。", " 你好。 "]
    texts = ["Hello there.  How are you? \n Fine."]
    assert spaced(texts, "en", "ko") == texts
    assert spaced(texts, "en", "zh-Hant") == ["Hello there.How are you? \n Fine."]
    assert spaced(["你好。再见。"], "zh", None) == ["你好。 再见。"]
    assert spaced(["one two three four"], "en", "de", longest=9) == ["one two three four"]
    assert spaced(["一二三四五六。"], "zh", "de", longest=2) == ["一二 三四 五六 。"]


def test_the_page_has_the_languages_without_spaces_of_python():
    (line,) = re.findall(r"WITHOUT_SPACE = (.*);", SENTENCES)
    letters = string.ascii_lowercase
    languages = ["".join(each) for size in (2, 3) for each in itertools.product(letters, repeat=size)]
    assert {*json.loads(line)} == {each for each in languages if sentence_joiner(each) == ""}


def test_tags_that_browsers_do_not_accept_are_replaced():
    tags = ["zh-yue", "zh-cmn-Hans", "zh-min-nan", "pt-BR", "zh-Hant-TW", "en-x-home", "sl-rozaj-rozaj", None]
    expected = ["yue", "zh-Hans", "nan", "pt-BR", "zh-Hant-TW", "en", None, None]
    assert run_module("(tag) => page.browserTag(tag)", tags) == expected
    for tag in ("zh-yue", "sl-rozaj-rozaj"):
        assert parts_of(["A b. C d."], tag, True, 256) == [["A b.", "C d."]]


# A browser whose service worker is installed, and then has the given state.
OFFLINE = """async (state) => {
  const worker = Object.assign(new EventTarget(), { state: "installing" }), shown = [];
  const registration = Object.assign(new EventTarget(), { installing: worker, waiting: null, active: null });
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker: { register: async () => registration } } });
  const words = { offline: "yes", offline_failed: "no: {message}", offline_incomplete: "a file" };
  const done = page.keepOffline("runtime", words, (text) => shown.push(text), {});
  await new Promise((resolve) => setTimeout(resolve));
  worker.state = state;
  worker.dispatchEvent(new Event("statechange"));
  await done;
  return shown;
}"""


@pytest.mark.parametrize(("state", "shown"), [("activated", "yes"), ("redundant", "no: a file")])
def test_a_failed_installation_for_offline_use_is_shown(state, shown):
    assert run_module(OFFLINE, [state], "offline.js") == [[shown]]


# A page without a service worker, after a hard reload, for which a new version waits.
UPDATE = """async () => {
  const waiting = Object.assign(new EventTarget(), { state: "installed" }), button = {}, events = [];
  waiting.postMessage = (message) => {
    events.push(message);
    waiting.state = "activated";
    waiting.dispatchEvent(new Event("statechange"));
  };
  const registration = Object.assign(new EventTarget(), { waiting, active: { state: "activated" } });
  registration.active.addEventListener = () => {};
  const serviceWorker = Object.assign(new EventTarget(), { register: async () => registration });
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker } });
  globalThis.location = { reload: () => events.push("reload") };
  await page.keepOffline("runtime", { offline: "" }, () => {}, button);
  button.onclick();
  return [button.hidden, ...events];
}"""


def test_the_new_version_is_loaded_on_a_page_without_a_service_worker():
    assert run_module(UPDATE, [None], "offline.js") == [[False, "activate", "reload"]]


def test_the_page_uses_every_word():
    assert set(re.findall(r"\{\{(\w+)\}\}", HTML)) == {*WORDS["page"]}
    assert [name for name in WORDS["program"] if f"words.{name}" not in PROGRAM] == []


def test_the_page_has_no_address_of_a_network():
    text = HTML + PROGRAM + (PAGE / "page.css").read_text("utf-8")
    assert re.findall(r"https?://[^\s\"'<]+", text) == []
    assert "default-src 'none'" in HTML
