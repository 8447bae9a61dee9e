"""LiteRT.js from a folder of the user, from npm, and in the cache."""

import json
import os

import pytest

from keras_transformer.errors import InputError
from keras_transformer.export.web.litert_files import cache_folder, copy_litert, find_litert, litert_version

CORE = 'import { createWasmLib } from "@litertjs/wasm-utils";\nexport const x = 1;\n//# sourceMappingURL=index.js.map\n'


def make_modules(folder, core=CORE):
    """Writes small files with the names of LiteRT.js."""
    files = {"core/package.json": json.dumps({"version": "9.1.2"}), "core/dist/index.js": core}
    files["wasm-utils/dist/index.js"] = "export const createWasmLib = 1;\n"
    for name in ("litert_wasm_internal", "litert_wasm_compat_internal"):
        files |= {f"core/wasm/{name}.js": name, f"core/wasm/{name}.wasm": name}
    for name, text in files.items():
        path = folder / "@litertjs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "cache" / "keras-transformer"


@pytest.fixture
def npm(tmp_path, monkeypatch, cache):
    """Writes a program `npm`, the only one in PATH, and returns the file of its calls."""

    def write(script):
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        (folder / "npm").write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\n{script}\n')
        (folder / "npm").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin{os.pathsep}/usr/bin")
        return tmp_path / "calls"

    return write


@pytest.mark.parametrize("inner", ["node_modules", ""])
def test_a_folder_of_the_user_is_used(tmp_path, inner):
    modules = make_modules(tmp_path / "litert" / inner)
    assert find_litert(tmp_path / "litert") == modules
    assert litert_version(modules) == "9.1.2"


def test_a_folder_without_litert_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder with node_modules/@litertjs/core. Run `npm install"):
        find_litert(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    modules = make_modules(tmp_path)
    (modules / "@litertjs/core/wasm/litert_wasm_internal.wasm").unlink()
    with pytest.raises(InputError, match="expected the file @litertjs/core/wasm/litert_wasm_internal.wasm of LiteRT"):
        find_litert(tmp_path)


def test_copied_modules_import_each_other_by_address(tmp_path):
    copy_litert(make_modules(tmp_path / "modules"), tmp_path / "litert")
    text = (tmp_path / "litert" / "index.js").read_text()
    assert text == 'import { createWasmLib } from "./wasm_utils.js";\nexport const x = 1;\n'
    assert {path.name for path in (tmp_path / "litert").iterdir()} == {
        *("index.js", "wasm_utils.js", "litert_wasm_internal.js", "litert_wasm_internal.wasm"),
        *("litert_wasm_compat_internal.js", "litert_wasm_compat_internal.wasm"),
    }


def test_a_version_with_other_imports_is_refused(tmp_path):
    modules = make_modules(tmp_path / "modules", core="export const x = 1;\n")
    with pytest.raises(InputError, match="expected LiteRT.js 2.5.3. Received: version 9.1.2, which imports other mod"):
        copy_litert(modules, tmp_path / "litert")


def test_the_download_is_used_again(npm, cache):
    calls = npm('test "$1" = --prefix && mkdir "$2/node_modules" && grep -q litertjs "$2/package-lock.json"')
    found = find_litert()
    assert found.parent.parent == cache
    assert found.parent.name.startswith("litert-js-2.5.3-")
    assert find_litert() == found
    (call,) = calls.read_text().splitlines()
    assert " ci --ignore-scripts " in call
    assert [path.name for path in cache.iterdir()] == [found.parent.name]


def test_the_reason_of_npm_is_in_the_error(npm, cache):
    npm("echo 'npm error code ENOTFOUND' >&2; echo 'npm error network request to the registry failed.' >&2; exit 1")
    with pytest.raises(
        InputError, match="npm could not download LiteRT.js: network request to the registry failed. "
    ) as error:
        find_litert()
    assert str(error.value).endswith("in which `npm install @litertjs/core` was run on another machine.")
    assert "\n" not in str(error.value)
    assert list(cache.iterdir()) == []


def test_without_npm_the_option_is_named(monkeypatch, cache):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="npm is not installed. .* Install Node.js. Or set --litert FOLDER, a folder"):
        find_litert()
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_named(npm, tmp_path):
    npm("exit 1")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match="expected a folder to write LiteRT.js into"):
        find_litert()


def test_the_cache_of_macos(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder().parts[-3:] == ("Library", "Caches", "keras-transformer")
