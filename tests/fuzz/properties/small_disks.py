import contextlib
import subprocess

from fuzz.artifacts import FORMATS, WEIGHTS, output_of
from fuzz.commands import Commands
from fuzz.fuzz_property import Failure, FuzzProperty, Skip
from fuzz.texts import LINES
from fuzz.trainings import KINDS, check_whole_files, result_of, train, write_training

KILOBYTE = 1024


class SmallDisks(FuzzProperty):
    """On a disk that is too small every command ends with 0, or with 2 and one line that names a file.

    The disk is a tmpfs of a random size, or every file is limited to a random size. A training without space can be
    resumed later, and has the same weights at the end.
    """

    name = "small-disks"
    unit = "commands"
    goal = 20
    share = 16

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.commands = Commands(planted)
        self.expected = {}
        self.can_mount = True

    def check(self, generator, folder):
        size = int(KILOBYTE * 10 ** generator.uniform(0.5, 3.5))
        disk = folder / "disk"
        disk.mkdir()
        command = generator.choice([self._train, self._train, self._export, self._translate])
        if generator.random() < 0.6 and self.can_mount:
            try:
                with mounted(disk, size):
                    command(generator, folder, disk, f"tmpfs of {size} bytes", {}, lambda: resize(disk))
                return 1
            except Skip as skip:
                self.can_mount = False
                print(f"{self.name}: {skip}; files are limited instead", flush=True)
        command(generator, folder, disk, f"files of {size} bytes", {"file_size": size}, lambda: None)
        return 1

    def close(self):
        self.commands.close()

    def _train(self, generator, folder, disk, how, limits, make_space):
        kind = generator.randrange(len(KINDS))
        recipe = write_training(folder / "data", kind)
        if kind not in self.expected:
            whole = train(self.commands, folder, recipe, folder / "whole")
            if whole.status:
                raise Failure(f"recipe {kind} ends with {whole.status}: {whole.last_error}")
            self.expected[kind] = result_of(folder / "whole")
        where = f"train, recipe {kind}, {how}"
        result = train(self.commands, folder, recipe, disk / "model", **limits)
        _check(result, where, disk)
        check_whole_files(disk, where)
        make_space()
        if result.status:
            again = train(self.commands, folder, recipe, disk / "model")
            if again.status:
                raise Failure(f"{where}: with space it ends with {again.status}: {again.last_error}")
        if result_of(disk / "model") != self.expected[kind]:
            raise Failure(f"{where}: with space the result is not that of a large disk")

    def _export(self, generator, folder, disk, how, limits, make_space):
        kind = generator.choices(list(FORMATS), WEIGHTS)[0]
        output = output_of(disk, kind)
        arguments = ["export", self.workspace.model("shared"), *FORMATS[kind], "--output", output]
        _check(self.commands.run(folder, *arguments, **limits), f"export {kind}, {how}", disk)

    def _translate(self, generator, folder, disk, how, limits, make_space):
        (folder / "in.txt").write_text("\n".join(LINES * generator.choice([1, 10])), encoding="utf-8")
        arguments = ["translate", self.workspace.model("two"), "--input", folder / "in.txt", "--beam-size", 1]
        result = self.commands.run(folder, *arguments, "--output", disk / "out.txt", **limits)
        _check(result, f"translate, {how}", disk)


def _check(result, where, disk):
    if result.status == 0:
        return
    if result.status != 2:
        raise Failure(f"{where}: status {result.status}: {result.errors[-300:]}")
    noise = [
        line for line in result.errors.splitlines() if line.startswith(("Traceback", "HDF5", "Error in", "Exception"))
    ]
    if noise or not result.last_error.startswith("keras-transformer: "):
        raise Failure(f"{where}: more than one line: {result.errors[-500:]}")
    if "/" not in result.last_error or "memory" in result.last_error or "unfinished_" in result.last_error:
        raise Failure(f"{where}: names no file: {result.last_error}")
    left = [str(path.relative_to(disk)) for path in disk.rglob("unfinished_*")]
    if left:
        raise Failure(f"{where}: {left} are left")


@contextlib.contextmanager
def mounted(folder, size):
    """Mounts a tmpfs with this number of bytes at a folder.

    Raises:
        Skip: this process has no right to mount.
    """
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Skip(f"no tmpfs can be mounted ({done.stderr.strip()})")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def resize(folder):
    """Gives a mounted tmpfs enough space."""
    subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
