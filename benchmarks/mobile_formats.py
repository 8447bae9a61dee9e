"""Measures the `.tflite` files of a model: bytes, time of a sentence, memory, and equality with the Keras model.

Every file translates all lines with `translate_text`, one sentence at a time, in a separate process without
TensorFlow (mobile_run.py). The memory is the peak of this process above that before the file was loaded.

Usage: python benchmarks/mobile_formats.py MODEL_FOLDER SOURCE_FILE REFERENCE_FILE [--lines 1000] [--tokenize none]
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import keras_transformer as kt

FORMATS = (None, "float16", "int8")
THREADS = (1, 2)
RUN = pathlib.Path(__file__).with_name("mobile_run.py")


def measure(translator, sources, references, tokenize):
    """Yields the row of the table of each format."""
    expected = translator.translate(sources)
    bleu = kt.metrics.corpus_scores(expected, references, tokenize=tokenize, metrics=["bleu"])["bleu"]
    yield ["Keras model", "", "", *["" for _ in THREADS], "", "", f"{bleu:.2f}"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "source.json").write_text(json.dumps(sources), encoding="utf-8")
        for quantize in FORMATS:
            name = quantize or "float32"
            without = translator.export_tflite(folder / f"{name}_ids.tflite", quantize, text_signature=False)
            path = translator.export_tflite(folder / f"{name}.tflite", quantize, text_signature=True)
            runs = [run_in_process(path, folder / "source.json", threads) for threads in THREADS]
            found = runs[0]["translations"]
            identical = sum(one == other for one, other in zip(found, expected, strict=True))
            scores = kt.metrics.corpus_scores(found, references, tokenize=tokenize, metrics=["bleu"])
            yield [
                name,
                f"{path.stat().st_size:,}",
                f"{without.stat().st_size:,}",
                *[f"{run['milliseconds']:.1f}" for run in runs],
                f"{runs[0]['memory']:.0f}",
                f"{identical} of {len(sources)}",
                f"{scores['bleu']:.2f}",
            ]


def run_in_process(path, source, threads):
    command = [sys.executable, RUN, path, source, str(threads)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("reference", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--tokenize", default="13a", help="tokenization of sacreBLEU [default: 13a]")
    arguments = parser.parse_args()
    sides = [path.read_text(encoding="utf-8").splitlines() for path in (arguments.source, arguments.reference)]
    sources, references = (side[: arguments.lines] for side in sides)
    columns = ["format", "bytes", "bytes without text signatures", *[f"ms, {n} threads" for n in THREADS]]
    columns += ["peak memory, MB", "identical", "BLEU"]
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in measure(kt.Translator.load(arguments.model), sources, references, arguments.tokenize):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
