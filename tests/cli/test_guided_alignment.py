"""Guided alignment by the command line, on a language whose words stand in the reverse order."""

import json
import random

import pytest
from test_resume_exactly import assert_same, everything_of, finish, kill_at_random

from keras_transformer.cli.main import main
from keras_transformer.translator import Translator

SYLLABLES = ["ba", "ke", "lo", "mi", "nu", "po", "ra", "si", "ta", "vu"]
WORDS = {first + second: second.upper() + first for first in SYLLABLES for second in SYLLABLES[:4]}
RECIPE = """\
[data]
train_source = "train.source"
train_target = "train.target"
train_alignments = "train.align"
validation_source = "validation.source"
validation_target = "validation.target"
max_length = 40

[vocabulary]
size = 340
sampling = 0.3

[model]
num_encoder_layers = 2
num_decoder_layers = 2
hidden_dim = 48
intermediate_dim = 96
num_heads = 2
dropout = 0.0
normalize_first = true

[training]
steps = 1500
batch_tokens = 1024
learning_rate = 0.005
warmup_steps = 150
concatenation = 0.3
guided_alignment_weight = 1.0
guided_alignment_layer = 1
guided_alignment_head = 2
seed = 1

[evaluation]
at_end = false
"""


def pairs_of(count, seed):
    """Sources of different words, targets in reverse order, and the true links."""
    generator = random.Random(seed)
    pairs = []
    for _ in range(count):
        words = generator.sample(list(WORDS), generator.randint(2, 8))
        target = [WORDS[word] for word in reversed(words)]
        links = [(index, len(words) - 1 - index) for index in range(len(words))]
        pairs.append((" ".join(words), " ".join(target), links))
    return pairs


def write_corpus(folder):
    for name, count, seed in (("train", 2000, 1), ("validation", 50, 2)):
        pairs = pairs_of(count, seed)
        for side, suffix in enumerate(("source", "target")):
            (folder / f"{name}.{suffix}").write_text("".join(f"{pair[side]}\n" for pair in pairs))
        links = [" ".join(f"{source}-{target}" for source, target in links) for *_, links in pairs]
        (folder / f"{name}.align").write_text("".join(f"{line}\n" for line in links))
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the corpus and the guided model `model`; no test may change them."""
    folder = write_corpus(tmp_path_factory.mktemp("guided"))
    assert main(["train", str(folder / "recipe.toml"), "--output", str(folder / "model")]) == 0
    return folder


def error_rate(found, expected):
    hits = sum(len(set(links) & set(true)) for links, true in zip(found, expected, strict=True))
    return 1 - 2 * hits / sum(len(links) + len(true) for links, true in zip(found, expected, strict=True))


@pytest.mark.slow
def test_the_guided_head_aligns_words_in_reverse_order(trained):
    translator = Translator.load(trained / "model")
    pairs = pairs_of(200, 3)
    truth = [links for *_, links in pairs]
    texts = [(source, target) for source, target, _ in pairs]
    assert translator.texts.alignment_heads == ((1, 2),)
    guided = error_rate(translator.align(texts), truth)
    assert guided < 0.03
    assert translator.align(texts) == translator.align(texts, layer=1, head=2)
    assert error_rate(translator.align(texts, layer=1, head=1), truth) > guided
    translations = translator.translate([source for source, _ in texts])
    assert sum(map(str.__eq__, translations, (target for _, target in texts))) > 190


@pytest.mark.slow
def test_the_command_reads_the_guided_head(trained, run, tmp_path):
    pairs = pairs_of(20, 4)
    stdin = "".join(f"{source}\n" for source, *_ in pairs).encode()
    result = run("translate", trained / "model", "--alignments", tmp_path / "found.align", stdin=stdin)
    found = [
        [tuple(map(int, link.split("-"))) for link in line.split()]
        for line in (tmp_path / "found.align").read_text().splitlines()
    ]
    right = [links for line, links, pair in zip(result.lines, found, pairs, strict=True) if line == pair[1]]
    truth = [pair[2] for line, pair in zip(result.lines, pairs, strict=True) if line == pair[1]]
    assert len(right) > 15
    assert error_rate(right, truth) < 0.03


@pytest.mark.slow
def test_the_model_folder_has_the_head(trained):
    config = json.loads((trained / "model" / "config.json").read_text())
    assert config["alignment_heads"] == [[1, 2]]
    card = (trained / "model" / "README.md").read_text()
    assert "Cross-attention of decoder block 1, head 2, was trained towards word alignments" in card
    assert "| train alignments | train.align |" in card
    history = (trained / "model" / "history.csv").read_text().splitlines()
    assert "alignment_loss" in history[0]
    assert "val_alignment_loss" not in history[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Warning")
def test_a_killed_training_ends_as_an_uninterrupted_one(corpus):
    settings = ["training.steps=60", "training.save_every=3", "training.accumulation_steps=2"]
    settings += ["training.optimizer_steps_per_epoch=20", "training.guided_alignment_head=mean"]
    options = [part for setting in settings for part in ("--set", setting)]
    finish(corpus / "recipe.toml", corpus / "whole", *options)
    killed = kill_at_random(random.Random(0), corpus / "recipe.toml", corpus / "killed", *options)
    if killed:
        finish(corpus / "recipe.toml", corpus / "killed", "--resume", *options)
    assert_same(everything_of(corpus / "killed"), everything_of(corpus / "whole"))
    assert json.loads((corpus / "whole" / "config.json").read_text())["alignment_heads"] == [[1, 1], [1, 2]]


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (["0-0"] * 5, ["train.align", "each of the 2,000 pairs", "Received: 5 lines"]),
        (["0-0", "1:1"], ["train.align, line 2", "such as 0-0 1-2", "1:1"]),
        (["0-0", "30-1"], ["train.align, line 2", "30-1", "31 words"]),
    ],
)
def test_wrong_files_are_refused_before_any_work(run, corpus, lines, parts):
    (corpus / "train.align").write_text("".join(f"{line}\n" for line in lines))
    run("train", corpus / "recipe.toml", "--output", corpus / "model").assert_one_error(*parts)
    assert not (corpus / "model").exists()


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("data.train_alignments=other.align", ["other.align"]),
        ("data.train_alignments=['a', 'b']", ["file for each training corpus", "2 files for 1 corpora"]),
        ("data.placeholders=['url']", ["train_alignments excludes [data] placeholders"]),
        ("training.bidirectional_epochs=1", ["train_alignments excludes [training] bidirectional_epochs"]),
        ("training.guided_alignment_layer=3", ["at most [model] num_decoder_layers", "guided_alignment_layer=3"]),
        ("training.guided_alignment_head=3", ["at most [model] num_heads", "guided_alignment_head=3"]),
        ("training.guided_alignment_weight=0", ["guided_alignment_weight"]),
    ],
)
def test_keys_that_do_not_fit_are_refused(run, corpus, setting, parts):
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", "--set", setting)
    result.assert_one_error(*parts)
    assert not (corpus / "model").exists()
