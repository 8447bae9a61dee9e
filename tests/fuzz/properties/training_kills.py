import shutil

from fuzz.commands import Commands
from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.trainings import KINDS, check_whole_files, result_of, train, write_training

MOST_KILLS = 4


class TrainingKills(FuzzProperty):
    """A training that is killed repeatedly has final weights that are bit-identical to an uninterrupted training's.

    Half of the kills are at a random time, half shortly after the training begins to change the disk.
    """

    name = "training-kills"
    unit = "kills"
    goal = 25
    share = 20

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.commands = Commands(planted)
        self.expected = {}

    def check(self, generator, folder):
        kind = generator.randrange(len(KINDS))
        recipe = write_training(folder / "data", kind)
        if kind not in self.expected:
            self.expected[kind] = self._whole(folder, recipe, kind)
        output = folder / "model"
        kills = []
        for _ in range(generator.randint(1, MOST_KILLS)):
            limits, how = self._moment(generator, output)
            status = train(self.commands, folder, recipe, output, **limits).status
            if status == 0:
                break
            if status != -9:
                self._fail(folder, kind, kills, f"it ended with {status} before it was killed")
            kills.append(how)
            check_whole_files(output, f"recipe {kind}, kills {kills}")
        if not (output / "model.weights.h5").exists() or kills:
            result = train(self.commands, folder, recipe, output)
            if result.status:
                raise Failure(
                    f"recipe {kind}, kills {kills}: resumed, it ends with {result.status}: {result.last_error}"
                )
        found = result_of(output)
        for part, value in self.expected[kind].items():
            if found[part] != value:
                raise Failure(f"recipe {kind}, kills {kills}: {part} differ from those of an uninterrupted training")
        left = [path.name for path in output.rglob("unfinished_*")]
        if left:
            raise Failure(f"recipe {kind}, kills {kills}: {left} are left in the end")
        return len(kills)

    def close(self):
        self.commands.close()

    def _whole(self, folder, recipe, kind):
        result = train(self.commands, folder, recipe, folder / "whole")
        if result.status:
            self._fail(folder, kind, [], f"it ended with {result.status}: {result.last_error}")
        found = result_of(folder / "whole")
        shutil.rmtree(folder / "whole")
        return found

    def _moment(self, generator, output):
        if generator.random() < 0.5:
            seconds = generator.uniform(0.2, 10)
            return {"kill_after": seconds}, f"after {seconds:.2f} s of processor time"
        number = generator.choice([generator.randint(1, 12), generator.randint(1, 60)])
        microseconds = generator.choice([0, generator.randint(0, 1_000), generator.randint(0, 20_000)])
        kill = {"folder": str(output), "number": number, "microseconds": microseconds}
        return {"kill": kill}, f"{microseconds} us after change {number}"

    def _fail(self, folder, kind, kills, what):
        raise Failure(f"recipe {kind}, kills {kills}: {what}: {(folder / 'errors.txt').read_text()[-300:]}")
