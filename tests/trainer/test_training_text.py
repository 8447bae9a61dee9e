import gzip
import hashlib
import os
import pathlib
import subprocess
import sys

import pytest

from keras_transformer.data import text_of_pairs
from keras_transformer.errors import InputError
from keras_transformer.recipes import recipe_from_dict
from keras_transformer.trainer.recipe_data import recipe_pairs
from keras_transformer.trainer.streamed_text import keep_streamed_text, read_streamed_text
from keras_transformer.trainer.training_text import check_same_sizes, read_training_text

SOURCES = ["the cat sees bread .", "", " a man ", "나는 어제 카페에 갔다 ."] * 20
TARGETS = ["die katze sieht brot .", "nichts", "", "I went to the cafe yesterday ."] * 20
# Counts how often each file of text is opened until the first step.
COUNTS_OPENS = """
import sys
from keras_transformer.cli.main import main

opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)

import keras
from keras_transformer.recipes import load_recipe
from keras_transformer.trainer import train_recipe

class Stop(Exception):
    pass

def stop(*arguments, **options):
    raise Stop

keras.Model.fit = stop
try:
    train_recipe.train_recipe(load_recipe(sys.argv[1]), sys.argv[2])
except Stop:
    print([sum(path.endswith(name) for path in opened) for name in ("train.a.gz", "train.b", "val.a", "val.b")])
"""


@pytest.fixture
def files(tmp_path):
    for name, lines in {"train.b": TARGETS, "val.a": SOURCES[:8], "val.b": TARGETS[:8]}.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    (tmp_path / "train.a.gz").write_bytes(gzip.compress(("\n".join(SOURCES) + "\n").encode()))
    return tmp_path


def recipe_of(folder, **data):
    names = {"train_source": "train.a.gz", "train_target": "train.b"}
    names |= {"validation_source": "val.a", "validation_target": "val.b"}
    return recipe_from_dict({"data": {**{key: str(folder / name) for key, name in names.items()}, **data}})


def listed(pairs):
    return {split: list(map(tuple, dataset.as_numpy_iterator())) for split, dataset in pairs.items()}


@pytest.mark.parametrize("most_kept_bytes", [1 << 20, 0])
def test_pairs_and_hashes_are_those_of_the_files(files, most_kept_bytes):
    data = recipe_of(files).data
    text = read_training_text(data, most_kept_bytes)
    assert listed(text.pairs) == listed(recipe_pairs(data))
    assert len(listed(text.pairs)["train"]) == len(SOURCES)
    for use, name, size, digest in text.files:
        content = (files / name).read_bytes()
        assert (size, digest) == (len(content), hashlib.sha256(content).hexdigest()), use
    uses = ["train source", "train target", "validation source", "validation target"]
    assert [use for use, *_ in text.files] == uses


@pytest.mark.parametrize("most_kept_bytes", [1 << 20, 0])
def test_rows_of_a_table_are_held_out_alike(tmp_path, most_kept_bytes):
    rows = [f"source {number}\ttarget {number}" for number in range(60)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    data = recipe_from_dict({"data": {"train_pairs": str(tmp_path / "pairs.tsv"), "held_out": 0.2}}).data
    text = read_training_text(data, most_kept_bytes)
    assert listed(text.pairs) == listed(recipe_pairs(data))
    assert sum(map(len, listed(text.pairs).values())) == 60
    assert [use for use, *_ in text.files] == ["train pairs"]


@pytest.mark.parametrize("most_kept_bytes", [1 << 20, 0])
def test_a_shard_without_lines_is_no_error(tmp_path, most_kept_bytes):
    for side in ("en", "de"):
        for number, count in enumerate((3, 0, 2)):
            lines = [f"{side} {number} {line}\n" for line in range(count)]
            (tmp_path / f"part-{number}.{side}").write_text("".join(lines))
    keys = {f"{split}_{side}": str(tmp_path / f"part-*.{name}")
            for split in ("train", "validation") for side, name in (("source", "en"), ("target", "de"))}  # fmt: skip
    data = recipe_from_dict({"data": keys}).data
    pairs = listed(read_training_text(data, most_kept_bytes).pairs)
    assert len(pairs["train"]) == len(pairs["validation"]) == 5
    assert listed(recipe_pairs(data)) == pairs


def corpora_of(folder, **data):
    """The `[data]` section of two training corpora of 40 and 5 pairs, and two of 3 for validation."""
    for name, count in (("a", 40), ("b", 5), ("v", 3)):
        for side in ("source", "target"):
            lines = [f"{name} {side} {number}\n" for number in range(count)]
            (folder / f"{name}.{side}").write_text("".join(lines))
    names = {"train": ["a", "b"], "validation": ["v", "v"]}
    sides = {f"{split}_{side}": [str(folder / f"{each}.{side}") for each in names[split]]
             for split in names for side in ("source", "target")}  # fmt: skip
    keys = {**sides, **data}
    return recipe_from_dict({"data": {key: value for key, value in keys.items() if value is not None}}).data


@pytest.mark.parametrize("most_kept_bytes", [1 << 20, 0])
def test_corpora_are_mixed_by_their_weights(tmp_path, most_kept_bytes):
    text = read_training_text(corpora_of(tmp_path, weights=[1, 4]), most_kept_bytes)
    train = [source.decode() for source, _ in listed(text.pairs)["train"]]
    assert len(train) == 40 + 4 * 5
    assert [train.count(f"b source {number}") for number in range(5)] == [4] * 5
    assert [train.count(f"a source {number}") for number in range(40)] == [1] * 40
    # Each third of the epoch has a third of every corpus.
    assert [sum(line.startswith("b") for line in train[start : start + 20]) for start in (0, 20, 40)] == [7, 6, 7]
    assert len(listed(text.pairs)["validation"]) == 6
    assert text.counts == [40, 5]
    uses = [use for use, *_ in text.files]
    assert uses[:4] == ["train source 1", "train source 2", "train target 1", "train target 2"]


@pytest.mark.parametrize("most_kept_bytes", [1 << 20, 0])
def test_held_out_pairs_are_not_repeated(tmp_path, most_kept_bytes):
    data = corpora_of(tmp_path, weights=[1, 4], held_out=0.2, validation_source=None, validation_target=None)
    pairs = listed(read_training_text(data, most_kept_bytes).pairs)
    assert len(set(pairs["validation"])) == len(pairs["validation"])
    assert len(set(pairs["test"])) == len(pairs["test"])
    assert len({pair for split in pairs.values() for pair in split}) == 45
    repeated = {pair for pair in pairs["train"] if pair[0].startswith(b"b")}
    assert repeated
    assert all(pairs["train"].count(pair) == 4 for pair in repeated)


def test_a_table_can_be_repeated(tmp_path):
    (tmp_path / "pairs.tsv").write_text("a\teins\nb\tzwei\n")
    table = str(tmp_path / "pairs.tsv")
    keys = {"train_pairs": table, "validation_pairs": table, "weights": [3]}
    pairs = listed(read_training_text(recipe_from_dict({"data": keys}).data).pairs)
    assert [source for source, _ in pairs["train"]] == [b"a", b"b"] * 3
    assert len(pairs["validation"]) == 2


def test_an_empty_corpus_is_named(tmp_path):
    data = corpora_of(tmp_path)
    (tmp_path / "b.source").write_text("\n \n")
    with pytest.raises(InputError, match=r"b\.source: the file is empty"):
        read_training_text(data)


def test_a_file_that_is_source_and_target_has_its_own_hash(files):
    data = recipe_of(files, train_source=str(files / "train.b")).data
    digest = hashlib.sha256((files / "train.b").read_bytes()).hexdigest()
    assert [found for *_, found in read_training_text(data).files[:2]] == [digest, digest]


def test_streamed_text_that_has_not_changed_is_not_read_again(files, tmp_path):
    data = recipe_of(files).data
    first = read_training_text(data, most_kept_bytes=0)
    keep_streamed_text(first.streamed, tmp_path / "streamed.json")
    before = read_streamed_text(tmp_path / "streamed.json")
    path = files / "train.b"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    # The size stays. Reading would be an error.
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    with pytest.raises(InputError, match="expected UTF-8"):
        read_training_text(data, most_kept_bytes=0, before=before)
    os.utime(path, ns=times)
    again = read_training_text(data, most_kept_bytes=0, before=before)
    assert (again.files, again.counts, again.streamed) == (first.files, first.counts, first.streamed)
    # Text in memory is always read.
    with pytest.raises(InputError, match="expected UTF-8"):
        read_training_text(data)
    path.write_bytes(path.read_bytes() + b"one line\n")
    os.utime(path, ns=times)
    with pytest.raises(InputError, match="expected UTF-8"):
        read_training_text(data, most_kept_bytes=0, before=before)


@pytest.mark.parametrize("content", ["{}", "[]", "x", '{"files": [[1]], "counts": [], "times": []}'])
def test_a_damaged_record_of_the_text_is_named(tmp_path, content):
    path = tmp_path / "streamed.json"
    path.write_text(content)
    with pytest.raises(InputError, match=rf"^{path}: the file is damaged"):
        read_streamed_text(path)


def test_text_of_another_size_is_not_that_of_the_first_process(files):
    data = recipe_of(files).data
    first = read_training_text(data).files
    check_same_sizes(data, first)
    with (files / "val.b").open("a") as file:
        file.write("one more line\n")
    with pytest.raises(InputError, match="not those that the first process read"):
        check_same_sizes(data, first)


@pytest.mark.slow
def test_training_reads_the_text_once_before_the_first_step(files):
    recipe = """
[data]
train_source = "train.a.gz"
train_target = "train.b"
validation_source = "val.a"
validation_target = "val.b"
[vocabulary]
size = 290
[model]
preset = "tiny"
num_encoder_layers = 1
num_decoder_layers = 1
[training]
epochs = 1
"""
    (files / "recipe.toml").write_text(recipe)
    command = [sys.executable, "-c", COUNTS_OPENS, files / "recipe.toml", files / "model"]
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[2])}
    result = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == "[1, 1, 1, 1]", result.stderr


def test_validation_pairs_of_directions_have_the_same_order_in_memory_and_from_files(tmp_path):
    for name, count in (("train.a", 4), ("train.b", 4), ("v.a", 5), ("v.b", 5), ("w.a", 2), ("w.b", 2)):
        (tmp_path / name).write_text("".join(f"{name} {number}\n" for number in range(count)))
    sides = {
        f"{split}_{side}": [str(tmp_path / f"{name}.{ending}") for name in names]
        for split, names in (("train", ("train", "train")), ("validation", ("v", "w")))
        for side, ending in (("source", "a"), ("target", "b"))
    }
    data = recipe_from_dict({"data": {**sides, "source_language": "de", "target_language": ["en", "fr"]}}).data
    in_memory = list(text_of_pairs(read_training_text(data).pairs["validation"]))
    assert in_memory == list(text_of_pairs(recipe_pairs(data, [4, 4])["validation"]))
    assert sorted(in_memory[:4])[-1][0] == "<2fr> w.a 0"


def test_a_glossary_of_the_embedded_corpus_is_recorded(tmp_path):
    (tmp_path / "terms.tsv").write_text("카페\tcoffee house\n", encoding="utf-8")
    keys = {"corpus": "phrases", "placeholders": ["term"], "glossary": str(tmp_path / "terms.tsv")}
    content = (tmp_path / "terms.tsv").read_bytes()
    expected = ["glossary", "terms.tsv", len(content), hashlib.sha256(content).hexdigest()]
    assert read_training_text(recipe_from_dict({"data": keys}).data).files == [expected]
