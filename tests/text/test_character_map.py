import random

from sentencepiece import sentencepiece_model_pb2

from keras_transformer.text import Tokenizer, learn_vocabulary
from keras_transformer.text.character_map import read_character_map, write_character_map

LINES = ["Ein Mann sieht ein Haus.", "Eine Frau mag Äpfel und Brot.", "나는 어제 카페에 갔다."]


def compiled_map(lowercase):
    model = learn_vocabulary(LINES, vocabulary_size=292, lowercase=lowercase).model
    return sentencepiece_model_pb2.ModelProto.FromString(model).normalizer_spec.precompiled_charsmap


def test_it_reads_what_sentencepiece_compiled():
    rules = read_character_map(compiled_map(lowercase=True))
    expected = {character.encode(): b" " for character in "\t\r\n"}
    for code_point in range(0x110000):
        character = chr(code_point)
        if character.lower() != character:
            expected[character.encode()] = character.lower().encode()
    assert rules == expected


def test_a_model_without_a_map_has_no_rules():
    assert read_character_map(b"") == {}


def test_it_reads_back_what_it_wrote():
    draw = random.Random(0)
    rules = {
        bytes(draw.randrange(1, 256) for _ in range(draw.randint(1, 5))): draw.randbytes(4).replace(b"\0", b"x")
        for _ in range(3000)
    }
    rules |= {bytes([byte]): b"" for byte in range(1, 256)}
    assert read_character_map(write_character_map(rules)) == rules


def test_sentencepiece_reads_what_it_wrote():
    tokenizer = learn_vocabulary(LINES, vocabulary_size=292, lowercase=True)
    proto = sentencepiece_model_pb2.ModelProto.FromString(tokenizer.model)
    rules = read_character_map(proto.normalizer_spec.precompiled_charsmap)
    rules["Ö".encode()] = "Äpfel".encode()
    proto.normalizer_spec.precompiled_charsmap = write_character_map(rules)
    changed = Tokenizer(proto.SerializeToString())
    # A rule's result is not mapped again.
    assert changed.detokenize(changed.tokenize(["EIN Ö"])).numpy()[0].decode() == "ein Äpfel"
