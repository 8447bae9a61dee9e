from fuzz.artifacts import FORMATS, WEIGHTS, finished_artifacts, load_artifact, output_of
from fuzz.commands import Commands
from fuzz.fuzz_property import Failure, FuzzProperty


class ExportKills(FuzzProperty):
    """A killed export leaves no incomplete artifact under its final name. The next export removes the rest."""

    name = "export-kills"
    unit = "kills"
    goal = 20
    share = 12

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.commands = Commands(planted)

    def check(self, generator, folder):
        kind = generator.choices(list(FORMATS), WEIGHTS)[0]
        place = folder / "out"
        arguments = ["export", self.workspace.model("shared"), *FORMATS[kind], "--output", output_of(place, kind)]
        kills = []
        for _ in range(generator.randint(1, 2)):
            limits, how = self._moment(generator, place)
            result = self.commands.run(folder, *arguments, **limits)
            if result.status not in (0, -9) and not (kind == "ctranslate2" and "exists already" in result.errors):
                raise Failure(f"{kind}, kills {kills}: status {result.status}: {result.errors[-300:]}")
            kills.append(how)
            self._check_finished(place, kind, kills)
        if kind == "ctranslate2" and finished_artifacts(place, kind):
            return len(kills)
        result = self.commands.run(folder, *arguments)
        if result.status:
            raise Failure(f"{kind}, kills {kills}: the next export ends with {result.status}: {result.last_error}")
        self._check_finished(place, kind, kills)
        left = [str(path.relative_to(place)) for path in place.rglob("unfinished_*")]
        if left:
            raise Failure(f"{kind}, kills {kills}: the next export leaves {left}")
        return len(kills)

    def close(self):
        self.commands.close()

    def _check_finished(self, place, kind, kills):
        for path in finished_artifacts(place, kind):
            try:
                load_artifact(path, kind)
            except Exception as error:
                raise Failure(f"{kind}, kills {kills}: {path.name} does not load: {str(error)[:200]}") from None

    def _moment(self, generator, place):
        if generator.random() < 0.5:
            seconds = generator.uniform(0.2, 10)
            return {"kill_after": seconds}, f"after {seconds:.2f} s of processor time"
        kill = {
            "folder": str(place),
            "number": generator.randint(1, 12),
            "microseconds": generator.choice([0, generator.randint(0, 2_000), generator.randint(0, 200_000)]),
        }
        return {"kill": kill}, f"{kill['microseconds']} us after change {kill['number']}"
