"""Imported models are compared with the results of OpenNMT-tf, which training/make_opennmt_tf_fixture.py wrote."""

import itertools
import pathlib
import shutil

import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.importing.opennmt_tf_folder import OpenNMTTFFolder
from keras_transformer.special_tokens import END_ID, PADDING_ID, UNKNOWN_ID
from keras_transformer.translator import Translator

RUNS = pathlib.Path(__file__).with_name("opennmt_tf")
# The arguments that the folder of a run does not have.
CASES = {"trained": {}, "shared": {"source_end": True}, "words": {}, "inputs": {}}


class Case:
    """A run, what OpenNMT-tf computed with it, and the translator that was imported."""

    def __init__(self, name):
        self.folder = RUNS / name
        self.has_words = name == "words"
        self.vocabulary = OpenNMTTFFolder(self.folder).vocabulary
        self.translator = Translator.from_opennmt_tf(self.folder, **CASES[name])
        self.results = dict(np.load(self.folder / "results.npz"))
        self.lines = (self.folder / "lines.txt").read_text(encoding="utf-8").splitlines()

    @property
    def ends(self):
        return [2] if self.translator.config.source_end else []

    def source_rows(self, number):
        """The rows of the table that OpenNMT-tf reads for a line. SentencePiece joins unknown words."""
        rows = self.results["source_ids"][number, : self.results["source_lengths"][number]].tolist()
        unknown = self.vocabulary.source.rows[UNKNOWN_ID]
        return [
            row
            for previous, row in itertools.pairwise([None, *rows])
            if not (self.has_words and previous == row == unknown)
        ]


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name in ("trained", "words") else pytest.mark.slow) for name in CASES],
)
def case(request):
    return Case(request.param)


def test_token_ids_are_those_of_opennmt_tf(case):
    for number, ids in enumerate(case.translator.source_tokenizer.tokenize(case.lines).to_list()):
        found = [*case.vocabulary.source.rows[ids].tolist(), *case.ends]
        assert found == case.source_rows(number), case.lines[number]


def test_logits_are_those_of_opennmt_tf(case):
    results, table = case.results, case.vocabulary.target
    expected, theirs = results["logits"], results["target_ids"][: len(results["logits"])]
    is_own = ~table.is_copy
    ids = np.zeros(expected.shape[-1], "int32")
    ids[table.rows[is_own]] = np.flatnonzero(is_own)
    source_ids = case.translator.tokenizers.encode_source(case.lines, 64).numpy()[: len(expected)]
    found = np.array(case.translator.model({"source_ids": source_ids, "target_ids": ids[theirs]}))
    same = [results["source_lengths"][number] == len(case.source_rows(number)) for number in range(len(expected))]
    is_compared = (theirs != PADDING_ID) & np.array(same)[:, np.newaxis]
    assert is_compared.sum() > 12
    np.testing.assert_allclose(
        found[..., is_own][is_compared], expected[..., table.rows[is_own]][is_compared], atol=1e-4
    )
    assert set(table.rows[is_own]) == set(range(expected.shape[-1]))
    assert expected.std() > 0.5


def test_greedy_translations_are_those_of_opennmt_tf(case):
    source_ids = case.translator.tokenizers.encode_source(case.lines, 64)
    found = case.translator._generator.generate(source_ids, beam_size=1).token_ids[:, 0].numpy()
    tokens = case.translator.target_tokenizer.all_tokens()
    lengths = []
    for number, ids in enumerate(found):
        if len(case.source_rows(number)) < case.results["source_lengths"][number]:
            continue
        *ids, end = ids[ids != PADDING_ID].tolist()  # A translation that is cut ends with the end token as well.
        assert end == END_ID
        words = case.results["predicted"][number, : case.results["lengths"][number]].tolist()
        expected = [f"▁{word}" for word in words] if case.has_words else words
        assert [tokens[token_id] for token_id in ids] == expected[: len(ids)]
        lengths.append(len(ids))
    assert sum(lengths) > 20


def test_a_trained_model_translates(case):
    if case.folder.name != "trained":
        pytest.skip("random weights")
    references = (case.folder / "references.txt").read_text(encoding="utf-8").splitlines()[:21]
    found = case.translator.translate(case.lines[:21])
    assert sum(map(str.__eq__, found, references)) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("name", ["trained", "words"])
def test_a_saved_model_translates_the_same(name, tmp_path):
    texts = ["forty-two seven", "nine unknown 12", ""]
    found = OpenNMTTFFolder(RUNS / name)
    expected = Translator(found.model(), found.tokenizers).translate(texts, beam_size=2, return_scores=True)
    found.save(tmp_path)
    loaded = Translator.load(tmp_path)
    assert loaded.config == found.config
    assert loaded.translate(texts, beam_size=2, return_scores=True) == expected
    Translator.from_preset(tmp_path).save(tmp_path / "again")
    assert Translator.load(tmp_path / "again").config == found.config


def test_files_can_be_given(tmp_path):
    folder = shutil.copytree(RUNS / "trained", tmp_path / "run")
    names = ["source.vocab", "target.vocab", "source.model", "target.model"]
    for number, name in enumerate(names):
        (folder / name).rename(tmp_path / f"file{number}")
    (folder / "model_description.py").unlink()
    files = [tmp_path / f"file{number}" for number in range(4)]
    expected = OpenNMTTFFolder(RUNS / "trained")
    found = OpenNMTTFFolder(folder / "ckpt-1500", *files, num_heads=4)
    assert (found.tokenizers, found.config.num_heads) == (expected.tokenizers, 4)
    # OpenNMT-tf writes the vocabularies for TensorBoard.
    only_models = OpenNMTTFFolder(folder, None, None, *files[2:], num_heads=4)
    assert only_models.tokenizers == expected.tokenizers
    with pytest.raises(InputError, match="does not have the number of attention heads, and there is no model_desc"):
        OpenNMTTFFolder(folder, *files)


def test_pieces_are_found_beside_a_given_vocabulary(tmp_path):
    run, text = shutil.copytree(RUNS / "shared", tmp_path / "run"), tmp_path / "text"
    text.mkdir()
    for name in ("joint.vocab", "joint.model"):
        (run / name).rename(text / name)
    found = OpenNMTTFFolder(run, text / "joint.vocab", text / "joint.vocab")
    assert found.tokenizers == OpenNMTTFFolder(RUNS / "shared").tokenizers


def test_an_average_has_the_files_of_its_run(tmp_path):
    run = shutil.copytree(RUNS / "trained", tmp_path / "run")
    (run / "avg").mkdir()
    for file in run.glob("c*kp*t*"):
        file.rename(run / "avg" / file.name)
    assert OpenNMTTFFolder(run / "avg").config == OpenNMTTFFolder(RUNS / "trained").config


def test_the_last_checkpoint_is_read(tmp_path):
    run = shutil.copytree(RUNS / "words", tmp_path / "run")
    for file in list(run.glob("ckpt-7.*")):
        shutil.copy(file, run / file.name.replace("ckpt-7", "ckpt-10"))
        if file.suffix == ".index":
            file.write_bytes(b"damaged")
    (run / "checkpoint").unlink()
    assert OpenNMTTFFolder(run).config.num_heads == 8
    (run / "checkpoint").write_text('model_checkpoint_path: "/another/machine/ckpt-10"\n', encoding="utf-8")
    assert OpenNMTTFFolder(run).config.num_heads == 8
