"""Finds the files of LiteRT.js: in a folder of the user, or downloaded by npm into the cache of the user."""

import contextlib
import hashlib
import importlib.resources
import json
import os
import pathlib
import re
import shutil
import sys

from keras_transformer.errors import InputError, shortened
from keras_transformer.files.whole_files import remove_leftovers, unfinished_folder
from keras_transformer.processes.command_process import run_child

_CORE = pathlib.PurePath("@litertjs", "core")
_CORE_MODULE = _CORE / "dist" / "index.js"
_UTILITIES = pathlib.PurePath("@litertjs", "wasm-utils", "dist", "index.js")
# Without and with relaxed SIMD, which some browsers do not have.
_RUNTIMES = tuple(
    _CORE / "wasm" / f"{name}.{ending}"
    for name in ("litert_wasm_internal", "litert_wasm_compat_internal")
    for ending in ("js", "wasm")
)
# The names of modules are addresses in a browser, and the maps of the sources are not copied.
_IMPORT = '"@litertjs/wasm-utils"'
_LINE_OF_MAP = re.compile(r"^//# sourceMappingURL=.*\n?", re.MULTILINE)
_OFFER = "Or set --litert FOLDER, a folder in which `npm install @litertjs/core` was run on another machine."

# Lines of npm before the reason of an error.
_NOT_REASONS = ("code ", "errno ", "syscall ", "A complete")


def find_litert(folder=None):
    """Returns the folder `node_modules` with LiteRT.js.

    Args:
        folder: a folder with `node_modules`, or `node_modules` itself. Default None: the cache of the user, into which
            `npm ci` downloads the version of the lock file of this package on first use.

    Returns:
        A `pathlib.Path`.

    Raises:
        InputError: a file is missing in `folder`, or npm is missing or fails.
    """
    if folder is None:
        return _downloaded() / "node_modules"
    folder = pathlib.Path(folder)
    places = (folder / "node_modules", folder)
    found = next((place for place in places if (place / _CORE).is_dir()), None)
    if found is None:
        raise InputError(f"{folder}: expected a folder with node_modules/@litertjs/core. {_HOW_TO_FILL}")
    for name in (_CORE_MODULE, _UTILITIES, *_RUNTIMES):
        if not (found / name).is_file():
            raise InputError(f"{found}: expected the file {name} of LiteRT.js. {_HOW_TO_FILL}")
    return found


_HOW_TO_FILL = "Run `npm install @litertjs/core` in an empty folder, and set --litert to it."


def litert_version(modules):
    """Returns the version of LiteRT.js in a folder `node_modules`."""
    return json.loads((modules / _CORE / "package.json").read_text(encoding="utf-8"))["version"]


def copy_litert(modules, destination):
    """Copies the files of LiteRT.js that a page needs.

    Args:
        modules: the folder of `find_litert`.
        destination: the folder for the files, which is created.

    Raises:
        InputError: the modules are those of a version that imports other modules.
    """
    destination.mkdir()
    core = (modules / _CORE_MODULE).read_text(encoding="utf-8")
    if core.count(_IMPORT) != 1:
        raise InputError(
            f"{modules}: expected LiteRT.js {_locked_version()}. Received: version {litert_version(modules)}, which "
            "imports other modules."
        )
    core = core.replace(_IMPORT, '"./wasm_utils.js"')
    utilities = (modules / _UTILITIES).read_text(encoding="utf-8")
    for name, text in (("index.js", core), ("wasm_utils.js", utilities)):
        (destination / name).write_text(_LINE_OF_MAP.sub("", text), encoding="utf-8")
    for file in _RUNTIMES:
        shutil.copyfile(modules / file, destination / file.name)


def cache_folder():
    """Returns the folder in which the platform stores caches of the user's programs, for this library."""
    if sys.platform == "darwin":
        base = pathlib.Path.home() / "Library" / "Caches"
    else:
        base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return base / "keras-transformer"


def _package_files():
    folder = importlib.resources.files("keras_transformer").joinpath("export", "web", "litert")
    return {name: folder.joinpath(name).read_bytes() for name in ("package.json", "package-lock.json")}


def _locked_version():
    return json.loads(_package_files()["package.json"])["dependencies"]["@litertjs/core"]


def _downloaded():
    """Returns the folder of the cache. It is complete, because it is renamed after the download."""
    files = _package_files()
    digest = hashlib.sha256(files["package-lock.json"]).hexdigest()[:8]
    cache = cache_folder()
    path = cache / f"litert-js-{_locked_version()}-{digest}"
    if path.is_dir():
        return path
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(f"npm is not installed. The format web downloads LiteRT.js with it. Install Node.js. {_OFFER}")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        remove_leftovers(cache)
        with unfinished_folder(cache, path.name) as folder:
            for name, content in files.items():
                (folder / name).write_bytes(content)
            _run_npm(npm, folder)
            with contextlib.suppress(FileExistsError):  # Another process was faster.
                _rename(folder, path)
    except OSError as error:
        raise InputError(f"{cache}: expected a folder to write LiteRT.js into ({error.strerror}).") from None
    return path


def _run_npm(npm, folder):
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    status, errors = run_child([npm, "--prefix", folder, "ci", *quiet])
    if status:
        lines = [line.removeprefix("npm error ").removeprefix("npm ERR! ") for line in errors.splitlines()]
        reasons = [line for line in lines if line and not line.startswith(_NOT_REASONS)]
        reason = (reasons or lines or [f"it ended with {status}"])[0]
        raise InputError(f"npm could not download LiteRT.js: {shortened(reason.rstrip('.'))}. {_OFFER}")


def _rename(folder, path):
    try:
        folder.rename(path)
    except OSError:
        if not path.is_dir():
            raise
        raise FileExistsError from None
