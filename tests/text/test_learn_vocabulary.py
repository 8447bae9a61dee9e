"""Tests of learning a vocabulary: its options, equal results of equal calls, and its errors."""

import itertools

import pytest

from keras_transformer.errors import InputError
from keras_transformer.text import learn_vocabulary
from keras_transformer.text.learn_vocabulary import default_vocabulary_size


def decoded(tokenizer, text):
    return tokenizer.detokenize(tokenizer.tokenize([text])).numpy()[0].decode()


def test_learning_is_deterministic(tokenizer, lines, request):
    model_type = request.node.callspec.params["tokenizer"]
    again = learn_vocabulary(lines, 380, model_type=model_type, normalization="identity")
    assert again.model == tokenizer.model


def test_a_draw_of_the_lines_is_repeated_with_the_same_seed(lines):
    models = [learn_vocabulary(lines, 330, max_lines=60, seed=seed).model for seed in (1, 1, 2)]
    assert models[0] == models[1] != models[2]
    assert learn_vocabulary(lines, 380, max_lines=len(lines), seed=2).model == learn_vocabulary(lines, 380).model


def test_lines_may_be_a_generator_with_blank_ones(lines, unigram_tokenizer):
    spaced = itertools.chain.from_iterable((f"  {line}\n\n", "\u200b\u3000 \n") for line in lines)
    assert learn_vocabulary(spaced, 380, normalization="identity").model == unigram_tokenizer.model


def test_case_is_kept_unless_lowercase_is_asked_for(lines, unigram_tokenizer):
    assert decoded(unigram_tokenizer, "The OLD Farmer") == "The OLD Farmer"
    lowercase = learn_vocabulary(lines, 370, lowercase=True, normalization="identity")
    for text in ("The OLD Farmer", "ÄRGER İZMIR ДОМ", "나는 ①ﬁ x²"):
        assert decoded(lowercase, text) == text.lower()
    # Letters are lower-cased one by one. A sigma at the end of a word is no special case.
    assert decoded(lowercase, "ΣΟΦΌΣ") == "σοφόσ"
    assert lowercase.tokenize(["THE OLD"]).to_list() == lowercase.tokenize(["the old"]).to_list()


def test_too_large_a_vocabulary_says_the_largest(lines):
    with pytest.raises(InputError, match=r"at most \d+ tokens. Received: 9000 tokens. Lower") as error:
        learn_vocabulary(lines, 9000)
    largest = int(str(error.value).split("at most ")[1].split()[0])
    assert learn_vocabulary(lines, largest).vocabulary_size == largest
    with pytest.raises(InputError, match=f"at most {largest} tokens. Received: {largest + 1} tokens"):
        learn_vocabulary(lines, largest + 1)


def test_too_large_a_bpe_vocabulary_is_refused(lines):
    with pytest.raises(InputError, match=r"at most \d+ tokens. Received: 9000 tokens. Lower"):
        learn_vocabulary(lines, 9000, model_type="bpe")


def test_too_small_a_vocabulary_for_the_characters_says_the_smallest(lines):
    with pytest.raises(
        InputError, match=r"has \d+ different characters and special tokens. .* of 270 tokens. Raise"
    ) as error:
        learn_vocabulary(lines, 270)
    smallest = int(str(error.value).split(" has ")[1].split()[0])
    assert learn_vocabulary(lines, smallest).vocabulary_size == smallest


def test_a_vocabulary_without_room_for_a_text_of_its_own_is_refused(lines):
    with pytest.raises(InputError, match="must be at least 261: 4 special tokens, 256 bytes .* Received: 260"):
        learn_vocabulary(lines, 260)


@pytest.mark.parametrize("lines", [[], ["", "   ", "\n"]])
def test_no_text_is_refused(lines):
    with pytest.raises(InputError, match="There is no text to learn a vocabulary from"):
        learn_vocabulary(lines, 300)


def test_unknown_model_type_names_the_known_ones(lines):
    with pytest.raises(InputError, match="one of unigram, bpe. Received: 'word'"):
        learn_vocabulary(lines, 300, model_type="word")


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
@pytest.mark.parametrize("separator", [" ", ""], ids=["words", "no-spaces"])
def test_no_line_is_dropped_for_its_length(lines, model_type, separator):
    long = separator.join(["용감한고양이"] * 1000)
    tokens = learn_vocabulary([*lines, long], 380, model_type=model_type).all_tokens()
    assert set("용감한고양이") <= set("".join(tokens))


@pytest.mark.parametrize("character", ["\u2585", "\0", "\u2581"], ids=ascii)
def test_no_line_is_dropped_for_a_character_that_sentencepiece_uses(lines, character):
    tokens = learn_vocabulary([*lines, *[f"xenon{character}zephyr"] * 20], 380).all_tokens()
    assert set("xz") <= set("".join(tokens))


def test_a_lone_surrogate_is_shown():
    with pytest.raises(ValueError, match=r"'a text \\udc80 here', with the lone surrogate U\+DC80 as character 8\."):
        learn_vocabulary(["a text", "a text \udc80 here"], 270)


@pytest.mark.parametrize(("num_lines", "size"), [(10, 1000), (15_000, 4000), (60_000, 8000), (10**9, 32_000)])
def test_the_default_size_grows_with_the_text(num_lines, size):
    assert default_vocabulary_size(num_lines) == size


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_a_text_too_small_for_the_default_size_gets_a_smaller_vocabulary(model_type):
    tokenizer = learn_vocabulary(["a small text", "another one"], model_type=model_type)
    assert 264 < tokenizer.vocabulary_size <= 1000
    assert tokenizer.detokenize(tokenizer.tokenize(["a text"])).numpy() == [b"a text"]


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_a_script_of_many_characters_gets_a_larger_vocabulary_than_the_default(model_type):
    characters = [chr(code_point) for code_point in range(0x4E00, 0x4E00 + 1500)]
    lines = ["".join(characters[start : start + 30]) for start in range(0, 1500, 30)] * 3
    tokenizer = learn_vocabulary(lines, model_type=model_type, character_coverage=1.0)
    assert tokenizer.vocabulary_size > 1760
    assert 0 not in tokenizer.tokenize(lines).to_list()[0]
