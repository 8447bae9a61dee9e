"""Makes the pictures of README.md.

Usage:
    python docs/make_pictures.py MODEL [--chromium PROGRAM]

MODEL is the model folder of `keras-transformer train phrases`. The picture of the page that `keras-transformer explain`
writes needs Chromium. It is skipped, with a message, where Chromium is missing.
"""

import argparse
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from PIL import Image
from site_parts.architecture import architecture_svg

import keras_transformer as kt
from keras_transformer.callbacks import read_history

FOLDER = pathlib.Path(__file__).with_name("pictures")
SENTENCE = "나는 어제 카페에 갔다."
SOURCE = ["나는", "어제", "카페에", "갔다", ".", "</s>"]
TARGET = ["<s>", "I", "went", "to", "the"]
FOLLOWING = "cafe"
# The picture shows self-attention of the page of `explain`, below its first lines.
_HIDDEN = "header p:not(.sentence), #facts, .chapter:not(#encoder), #encoder-norm { display: none !important; }"
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=5000"),
)
_DOTS_PER_INCH = 110
# Half the size of a picture of all colours.
_COLOURS = 256


def save(picture, name):
    """Writes a picture with few colours as PNG, prints its size and returns its path."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / name
    # Thin lines of a colour keep it by maximum coverage.
    few = picture.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


def save_figure(figure, name):
    """Writes a figure of matplotlib."""
    content = io.BytesIO()
    figure.savefig(content, dpi=_DOTS_PER_INCH)
    save(Image.open(content), name)


def save_architecture():
    """Writes the architecture as SVG."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "architecture.svg"
    path.write_text(architecture_svg(SOURCE, TARGET, FOLLOWING), encoding="utf-8")
    print(f"{path}: {path.stat().st_size:,} bytes")


def save_explain_page(model, program):
    """Writes a screenshot of the page that explains a translation, if Chromium is there."""
    if program is None:
        print(f"explain.png: not made, Chromium is missing (looked for {', '.join(CHROMIUM)}).", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        page, picture = pathlib.Path(folder, "explain.html"), pathlib.Path(folder, "explain.png")
        command = [sys.executable, "-m", "keras_transformer", "explain", str(model), SENTENCE, "--output", str(page)]
        subprocess.run([*command, "--language", "en"], check=True)
        # The policy of the page forbids other styles.
        text = _POLICY.sub("", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("</head>", f"<style>{_HIDDEN}</style></head>", 1), encoding="utf-8")
        options = [*_OPTIONS, f"--user-data-dir={folder}/profile", "--window-size=1280,1150", f"--screenshot={picture}"]
        subprocess.run([program, *options, page.as_uri()], check=True, capture_output=True, timeout=300)
        save(Image.open(picture), "explain.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path, help="model folder of `keras-transformer train phrases`")
    parser.add_argument("--chromium", default=next(filter(None, map(shutil.which, CHROMIUM)), None), help="browser")
    arguments = parser.parse_args()
    save_architecture()
    save_figure(kt.plots.plot_training(read_history(arguments.model / "history.csv")), "training.png")
    save_figure(kt.plots.plot_attention(kt.Translator.load(arguments.model), SENTENCE), "attention.png")
    save_explain_page(arguments.model, arguments.chromium)


if __name__ == "__main__":
    main()
