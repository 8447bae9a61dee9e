"""Tables of encoder, decoder, output and positions in a MarianMT folder, and the vocabularies of their rows."""

import json

import numpy as np
import pytest
from folder_changes import changed_json, changed_tensors
from marian_folders import LANGUAGES, make_plain_folder
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.marian_folder import MarianFolder
from keras_transformer.importing.safetensors_file import SafetensorsFile
from keras_transformer.importing.transformers_names import BIAS, POSITIONS, PROJECTION, SHARED, TABLE, residual_order
from keras_transformer.models import transformer_parts
from keras_transformer.position_encodings import position_table

ENCODER, DECODER = (TABLE.format(side) for side in ("encoder", "decoder"))
SMALL = {"encoder_layers": 1, "decoder_layers": 1}


def tables_of(folder):
    """Returns the folder, and the tables of encoder, decoder and output of the imported model in rows of tokens."""
    imported = MarianFolder(folder)
    parts = transformer_parts(imported.model())
    output = parts.target_embedding.embeddings if parts.output_projection is None else parts.output_projection.kernel
    output = np.array(output)
    tables = [np.array(each.embeddings) for each in (parts.source_embedding, parts.target_embedding)]
    return imported, [*tables, output if parts.output_projection is None else output.T]


@pytest.mark.parametrize(
    ("tied", "stored", "used"),
    [
        (True, [], [SHARED] * 3),
        (True, [ENCODER, DECODER, PROJECTION], [ENCODER, DECODER, PROJECTION]),
        (True, [ENCODER], [ENCODER, SHARED, SHARED]),
        (True, [DECODER], [SHARED, DECODER, SHARED]),
        (True, [PROJECTION], [SHARED, SHARED, PROJECTION]),
        (False, [ENCODER, DECODER, PROJECTION], [ENCODER, DECODER, PROJECTION]),
        (False, [PROJECTION], [SHARED, SHARED, PROJECTION]),
    ],
    ids=str,
)
def test_a_table_of_its_own_is_used_instead_of_the_shared_one(tied, stored, used, tmp_path):
    folder, kept = make_plain_folder(tmp_path / "folder", tie_word_embeddings=tied, **SMALL), {}

    def add(tensors):
        for seed, name in enumerate(stored):
            tensors[name] = np.random.default_rng(seed).normal(size=tensors[SHARED].shape).astype("float32")
        kept.update(tensors)

    changed_tensors(add)(folder)
    imported, found = tables_of(folder)
    sides = (imported.vocabulary.source, imported.vocabulary.target, imported.vocabulary.target)
    for table, name, side in zip(found, used, sides, strict=True):
        np.testing.assert_array_equal(table, kept[name][side.rows][:, residual_order(32)])
    assert imported.config.share_embeddings == (used[0] == used[1])
    assert imported.config.share_output == (used[1] == used[2])


def test_equal_tables_are_one_table(tmp_path):
    folder = make_plain_folder(tmp_path / "folder", **SMALL)
    changed_tensors(lambda found: found.update(dict.fromkeys((ENCODER, DECODER, PROJECTION), found[SHARED])))(folder)
    config = MarianFolder(folder).config
    assert config.share_embeddings
    assert config.share_output


def test_two_tables_can_have_one_vocabulary(tmp_path):
    folder = make_plain_folder(tmp_path / "folder", share_encoder_decoder_embeddings=False, **SMALL)
    imported, tables = tables_of(folder)
    assert not imported.config.share_embeddings
    tokens = read_json(folder / "vocab.json").keys() - {"</s>", "<unk>", "<pad>"}
    stored = SafetensorsFile(folder / "model.safetensors")
    for name, side, table in zip((ENCODER, DECODER), imported.vocabulary[1:], tables):
        assert tokens <= set(side.tokens)
        np.testing.assert_array_equal(table, stored.read(name)[side.rows][:, residual_order(32)])


def test_one_table_can_have_two_vocabularies(tmp_path):
    folder = make_plain_folder(tmp_path / "folder", **SMALL)
    changed_json("tokenizer_config.json", separate_vocabs=True)(folder)
    vocabulary = read_json(folder / "vocab.json")
    tokens = [token for token in vocabulary if token not in ("</s>", "<unk>", "<pad>")]
    reverse = {**vocabulary, **dict(zip(tokens, [vocabulary[token] for token in reversed(tokens)]))}
    (folder / "target_vocab.json").write_text(json.dumps(reverse), encoding="utf-8")
    imported, tables = tables_of(folder)
    assert not imported.config.share_embeddings
    stored = SafetensorsFile(folder / "model.safetensors").read(SHARED)[:, residual_order(32)]
    for side, names, table in zip(imported.vocabulary[1:], (vocabulary, reverse), tables):
        np.testing.assert_array_equal(table, stored[side.rows])
        assert side.rows[side.tokens.index(tokens[9])] == names[tokens[9]]


def as_bfloat16(numbers):
    """Returns the upper halves of float32 numbers, rounded to the nearest."""
    return ((numbers.astype("float32").view("uint32") + 0x8000) >> 16).astype("uint16")


@pytest.mark.parametrize(("scale", "is_accepted"), [(1.0, True), (1.01, False)])
def test_positions_can_be_rounded_to_bfloat16(scale, is_accepted, tmp_path):
    folder = make_plain_folder(tmp_path / "folder", **SMALL)
    positions = np.zeros((64, 32), "float32")
    positions[:, residual_order(32)] = scale * position_table(64, 32)
    changed_tensors(lambda found: found.update({POSITIONS[0].format("encoder"): as_bfloat16(positions)}))(folder)
    if is_accepted:
        MarianFolder(folder)
    else:
        with pytest.raises(InputError, match="must have the sines and cosines of 64 positions"):
            MarianFolder(folder)


@pytest.mark.parametrize("file", ["added_tokens.json", "tokenizer_config.json"])
def test_a_table_can_have_more_rows_than_the_vocabulary_has_tokens(file, tmp_path):
    folder = make_plain_folder(tmp_path / "folder", languages=LANGUAGES, **SMALL)
    size = len(read_json(folder / "vocab.json"))
    change = {">>kor<<": size, "<br>": size + 8}  # The second one is not in the table.
    if file == "tokenizer_config.json":
        entries = {str(token_id): {"content": token} for token, token_id in change.items()}
        change = {"added_tokens_decoder": {"1": {"content": "<unk>"}, **entries}}
    (folder / file).write_text(json.dumps({"source_lang": "en", **change} if "config" in file else change))
    changed_json("config.json", vocab_size=size + 8, decoder_vocab_size=size + 8)(folder)

    def resize(tensors):
        tensors[SHARED] = np.concatenate([tensors[SHARED], tensors[SHARED][:8]])
        tensors[BIAS] = np.zeros((1, size + 8), "float32")

    changed_tensors(resize)(folder)
    imported = MarianFolder(folder)
    table, tokenizers = imported.vocabulary.target, imported.tokenizers
    assert set(table.rows[~table.is_copy]) == set(range(size + 8))
    (ids,) = tokenizers.source.tokenize([">>kor<< bade"]).to_list()
    assert table.rows[ids[0]] == size
    rows = [index for index, row in enumerate(table.rows) if row > size]
    assert tokenizers.decode_target([rows]) == [""]


def with_whole_numbers(folder):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    kind = content.index(b"F32", content.index(SHARED.encode()))
    path.write_bytes(content[:kind] + b"I32" + content[kind + 3 :])


def with_a_circle(folder):
    path = folder / "source.spm"
    proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    # The node of "a" is its own child.
    units = np.full(512, 1 << 31, "<u4")
    units[[0, 256, 256 ^ 97]] = 256 << 10, 1 << 31, 97 << 10 | 1 << 8 | 97
    proto.normalizer_spec.precompiled_charsmap = (4 * 512).to_bytes(4, "little") + units.tobytes() + b"x\0"
    path.write_bytes(proto.SerializeToString())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_whole_numbers, "model.shared.weight must have one of the types F64, F32, F16, BF16. Received: I32"),
        (changed_json("config.json", d_model=2_000_000_000), "must have the shape"),
        (changed_json("vocab.json", **{"a\0b": 5}), r"vocab.json: expected tokens without NUL. Received: 'a\\x00b'"),
        (changed_json("vocab.json", **{"a" * 10**6: 5}), "at most 1,000 characters. Received: one of 1,000,000"),
        (with_a_circle, "source.spm: expected a SentencePiece model, but its normalisation is damaged"),
    ],
    ids=["whole numbers", "enormous width", "NUL", "long token", "circle"],
)
def test_hostile_files_are_refused_before_memory_is_used(change, message, tmp_path):
    folder = make_plain_folder(tmp_path / "folder", **SMALL)
    change(folder)
    with pytest.raises(InputError, match=message):
        MarianFolder(folder).model()
