import random

import numpy as np
import pytest
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.text import Tokenizer, learn_vocabulary
from keras_transformer.text.character_map import character_rules, write_character_map

LINES = ["Ein Mann sieht ein Haus.", "Eine Frau mag Äpfel und Brot.", "나는 어제 카페에 갔다."]


def test_the_rules_of_a_model_are_those_it_was_learned_with():
    model = learn_vocabulary(LINES, vocabulary_size=292, lowercase=True, normalization="identity").model
    expected = {character: character.lower() for character in map(chr, range(0x110000))}
    expected = {key: value for key, value in expected.items() if key != value}
    assert character_rules(model) == expected | dict.fromkeys("\t\r\n", " ")


def test_a_model_without_a_map_has_no_rules():
    proto = sentencepiece_model_pb2.ModelProto.FromString(learn_vocabulary(LINES, vocabulary_size=294).model)
    proto.normalizer_spec.ClearField("precompiled_charsmap")
    assert character_rules(proto.SerializeToString()) == {}


def with_map(rules):
    """A model with only these rules of normalisation."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(learn_vocabulary(LINES, vocabulary_size=294).model)
    proto.normalizer_spec.precompiled_charsmap = write_character_map(rules)
    return proto.SerializeToString()


def test_sentencepiece_reads_a_written_map():
    draw = random.Random(0)
    rules = {
        "".join(draw.choices("abcäöü가각🙂", k=draw.randint(1, 5))): "".join(
            draw.choices("xyz가", k=draw.randint(0, 3))
        )
        for _ in range(3000)
    }
    assert character_rules(with_map({key.encode(): value.encode() for key, value in rules.items()})) == rules


@pytest.mark.slow
def test_a_map_of_unicode_is_about_as_small_as_sentencepieces_own():
    model = learn_vocabulary(LINES, vocabulary_size=294).model
    rules = character_rules(model)
    own = sentencepiece_model_pb2.ModelProto.FromString(model).normalizer_spec.precompiled_charsmap
    written = write_character_map({key.encode(): value.encode() for key, value in rules.items()})
    assert len(written) < 1.5 * len(own)
    assert character_rules(with_map({key.encode(): value.encode() for key, value in rules.items()})) == rules


def test_keys_may_be_single_bytes_and_the_longest_one_counts():
    rules = {bytes([byte]): b"?" for byte in range(0x80, 0x100)} | {"é".encode(): b"e", "éa".encode(): b"E"}
    processor = sentencepiece.SentencePieceProcessor(model_proto=with_map(rules))
    assert processor.normalize("xéyéaz龍") == "▁xeyEz???"


def test_a_result_of_a_rule_is_not_mapped_again():
    tokenizer = learn_vocabulary(LINES, vocabulary_size=292, lowercase=True, normalization="identity")
    rules = character_rules(tokenizer.model) | {"Ö": "Äpfel"}
    changed = Tokenizer(with_map({key.encode(): value.encode() for key, value in rules.items()}))
    assert changed.detokenize(changed.tokenize(["EIN Ö"])).numpy()[0].decode() == "ein Äpfel"


IS_VALUE, HAS_LEAF = 1 << 31, 1 << 8


def with_units(units, strings=b"x\0"):
    """A model whose normalisation has these units of a double array, by position. All others are empty."""
    trie = np.full(64 * 256, IS_VALUE, "<u4")
    for position, unit in units.items():
        trie[position] = unit
    proto = sentencepiece_model_pb2.ModelProto.FromString(learn_vocabulary(LINES, vocabulary_size=294).model)
    proto.normalizer_spec.precompiled_charsmap = len(trie.tobytes()).to_bytes(4, "little") + trie.tobytes() + strings
    return proto.SerializeToString()


def node(position, base, label=0, has_leaf=True):
    return label | has_leaf << 8 | (position ^ base) << 10


A, B = ord("a"), ord("b")
ROOT = {0: node(0, 256, has_leaf=False)}
# Nodes whose two children are the same node: 2 to the power of 60 rules.
SHARED = {base ^ label: node(base ^ label, base + 256, label) for base in range(256, 60 * 256, 256) for label in (A, B)}


def test_a_map_of_one_rule_is_read():
    model = with_units({**ROOT, 256 + A: node(256 + A, 512, A), 512: IS_VALUE})
    assert character_rules(Tokenizer(model).model) == {"a": "x"}


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({**ROOT, 256 ^ A: node(256 ^ A, 256, A), 256: IS_VALUE}, "its normalisation is damaged"),
        (
            {
                **ROOT,
                **{
                    256 * n ^ label: node(256 * n ^ label, 256 * (n + 1), label)
                    for n in range(1, 60)
                    for label in (A, B)
                },
            },
            "its normalisation has too many rules",
        ),
        ({0: node(0, 2**20, has_leaf=False)}, "its normalisation is damaged"),
        ({**ROOT, 256 ^ A: node(256 ^ A, 512, A), 512: IS_VALUE | 2}, "its normalisation is damaged"),
    ],
    ids=["circle", "shared nodes", "position outside", "value outside"],
)
def test_a_damaged_map_is_refused(units, message):
    with pytest.raises(InputError, match=message):
        Tokenizer(with_units(units))


@pytest.mark.parametrize("change", [lambda content: content[:3], lambda content: content[:-1] + b"x"])
def test_a_map_that_is_cut_is_refused(change):
    proto = sentencepiece_model_pb2.ModelProto.FromString(with_units(ROOT))
    proto.normalizer_spec.precompiled_charsmap = change(proto.normalizer_spec.precompiled_charsmap)
    with pytest.raises(InputError, match="expected a SentencePiece model"):
        Tokenizer(proto.SerializeToString())
