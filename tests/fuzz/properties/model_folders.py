import json
import shutil

from fuzz.fuzz_property import Failure, FuzzProperty, is_clean_line
from fuzz.mutations import mutate_folder
from fuzz.workers import Worker, WorkerEnded
from fuzz.workspace import MODELS

FOLDERS = 10
SECONDS = 5
MEGABYTES = 500
# Keras does not free all memory of a loaded model. A worker is replaced after some folders.
FOLDERS_OF_WORKER = 200


class ModelFolders(FuzzProperty):
    """A model folder with changed files is refused in one line, or loads and translates.

    Equal models have equal translations. Nothing crashes, hangs, takes more than 5 seconds of processor time or 500 MB,
    or accepts weights that are not finite.
    """

    name = "model-folders"
    unit = "folders"
    goal = 1_000
    share = 10

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.worker = Worker("fuzz.folder_worker", planted=planted)
        self.asked = 0
        self.originals = {name: self._load(workspace.model(name), translates=True) for name in MODELS}

    def check(self, generator, folder):
        for number in range(FOLDERS):
            name = generator.choice(list(MODELS))
            changed = folder / str(number)
            shutil.copytree(self.workspace.model(name), changed)
            what = f"{name}: {mutate_folder(changed, generator)}"
            try:
                found = self._load(changed, translates=generator.random() < 0.15)
            except WorkerEnded as error:
                raise Failure(f"{what}: {error}") from None
            if problem := _problem(found, self.originals[name]):
                raise Failure(f"{what}: {problem}")
        return FOLDERS

    def close(self):
        self.worker.close()

    def _load(self, folder, translates):
        self.asked += 1
        if self.asked % FOLDERS_OF_WORKER == 0:
            self.worker.close()
        request = {"folder": str(folder), "translates": translates}
        return self.worker.ask(request, cpu_seconds=60, idle_seconds=10, seconds=120)


def _problem(found, original):
    """Returns the error in an answer of `fuzz.folder_worker`, or None."""
    if "crash" in found:
        return found["crash"][:300]
    if found["noise"]:
        return f"on standard error: {found['noise'][:300]!r}"
    if found["seconds"] > SECONDS and "translations" not in found:
        return f"took {found['seconds']:.1f} seconds"
    if found["megabytes"] > MEGABYTES:
        return f"took {found['megabytes']:.0f} MB"
    return _problem_of_info(found) or _problem_of_loading(found, original)


def _problem_of_info(found):
    if found["status"] not in (0, 2):
        return f"info ends with {found['status']}: {found['errors'][:300]}"
    if found["status"] == 2 and (found["output"] or not is_clean_line(found["errors"].removesuffix("\n"))):
        return f"info does not end with one line: {found['errors'][:300]!r}"
    if found["status"] == 0:
        try:
            json.loads(found["output"], parse_constant=lambda name: 1 / 0)
        except (ValueError, ZeroDivisionError):
            return f"info prints no JSON: {found['output'][:300]!r}"
    return None


def _problem_of_loading(found, original):
    if "message" in found:
        return None if found["message"].strip() else "refused without a word"
    if not found["finite"]:
        return "weights that are not finite were loaded"
    if "translations" in found and len(found["translations"]) != len(original["translations"]):
        return f"translated to {found['translations']}"
    is_same = found["digest"] == original["digest"]
    if is_same and found.get("translations", original["translations"]) != original["translations"]:
        return f"the same model translates to {found['translations']} instead of {original['translations']}"
    return None
