"""A job, and the content of its folders."""

from keras_transformer.corpus_translation.job import Job

JOB = Job(beam_size=1, window=6, batch_size=4)
SEARCH = {"beam_size": 1, "batch_size": 4}


def written(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def translated(translator, lines):
    """The translations in windows of the job."""
    windows = [lines[start : start + JOB.window] for start in range(0, len(lines), JOB.window)]
    return [text for window in windows for text in translator.translate(window, **SEARCH)]


def content_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.startswith("_")}
