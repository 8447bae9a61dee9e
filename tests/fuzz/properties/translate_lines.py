import contextlib
import io

from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.texts import INVISIBLE, invisible_text, random_bytes, random_text
from fuzz.workspace import MODELS
from keras_transformer.cli.main import main
from keras_transformer.translator import Translator

LINES = 60


class TranslateLines(FuzzProperty):
    """`translate` writes one line per line that it reads, blank lines too, or names the line that is not UTF-8."""

    name = "translate-lines"
    unit = "lines"
    goal = 5_000
    share = 3

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.translators = {str(workspace.model(name)): Translator.load(workspace.model(name)) for name in MODELS}
        Translator.load = lambda path: self.translators[str(path)]

    def check(self, generator, folder):
        lines = [generator.choice([random_text, random_text, invisible_text])(generator) for _ in range(LINES)]
        content = [line.encode() for line in lines]
        broken = generator.random() < 0.1
        if broken:
            content[generator.randrange(LINES)] = b"\xff" + random_bytes(generator)
        end = generator.choice([b"\n", b""])
        (folder / "in.txt").write_bytes(b"\n".join(content) + end)
        lines = lines if end or lines[-1] else lines[:-1]
        n_best = generator.choice([1, 1, 2])
        model = self.workspace.model(generator.choice(list(MODELS)))
        options = [
            "--beam-size",
            generator.randint(n_best, 3),
            "--batch-size",
            generator.randint(1, 80),
            "--n-best",
            n_best,
        ]
        errors = io.StringIO()
        arguments = ["translate", model, "--input", folder / "in.txt", "--output", folder / "out.txt", *options]
        with contextlib.redirect_stderr(errors):
            status = main(list(map(str, arguments)))
        if broken:
            if status != 2 or "in.txt, line " not in errors.getvalue():
                raise Failure(f"bytes that are not UTF-8: status {status}, {errors.getvalue()!r}")
            return LINES
        if status:
            raise Failure(f"status {status}: {errors.getvalue()!r} for {content!r}")
        written = (folder / "out.txt").read_bytes()
        found = written.decode().split("\n")[:-1]
        if not written.endswith(b"\n") or len(found) != n_best * len(lines):
            raise Failure(f"{len(found)} lines for {len(lines)} with {n_best} best: {content!r}")
        for number, line in enumerate(lines):
            block = found[n_best * number : n_best * (number + 1)]
            if any("\r" in text for text in block):
                raise Failure(f"a carriage return in the translation {block} of {line!r}")
            if not line.strip(INVISIBLE) and any(block):
                raise Failure(f"the invisible {line!r} becomes {block}")
        return LINES
