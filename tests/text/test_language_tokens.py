import io

import pytest
import sentencepiece

from keras_transformer.errors import InputError
from keras_transformer.text import TextFacts, Tokenizer
from keras_transformer.text.language_tokens import find_language, language_tokens

CODES = [
    *("eng_Latn", "cat_Latn", "slv_Latn", "lvs_Latn", "arb_Arab", "urd_Arab", "zho_Hans", "zho_Hant", "ast_Latn"),
    *("swh_Latn", "zsm_Latn", "pes_Arab", "knc_Arab", "knc_Latn"),
]


@pytest.fixture(scope="module")
def tokenizer():
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["abc abc"]), model_writer=model, model_type="char", vocab_size=8 + len(CODES),
        minloglevel=2, pad_id=0, unk_id=1, bos_id=2, eos_id=3, control_symbols=CODES,
    )  # fmt: skip
    return Tokenizer(model.getvalue())


@pytest.mark.parametrize(
    ("language", "code"),
    [
        *(("cat_Latn", "cat_Latn"), ("cat", "cat_Latn"), ("ca", "cat_Latn"), ("sl", "slv_Latn"), ("lv", "lvs_Latn")),
        *(("ar", "arb_Arab"), ("ur", "urd_Arab"), ("sw", "swh_Latn"), ("ms", "zsm_Latn"), ("fa", "pes_Arab")),
        *(("en", "eng_Latn"), ("ast", "ast_Latn"), ("zh-hant", "zho_Hant"), ("kr-Latn", "knc_Latn")),
    ],
)
def test_a_language_is_found_by_its_code_and_its_tag(tokenizer, language, code):
    found = find_language(tokenizer, language)
    assert found.code == code
    assert TextFacts(found.tag).source_language == found.tag


def test_tags_are_canonical(tokenizer):
    tags = {token.code: token.tag for token in language_tokens(tokenizer)}
    assert list(tags) == CODES
    assert [tags[code] for code in ("cat_Latn", "ast_Latn", "zho_Hans")] == ["ca", "ast", "zh-Hans"]


@pytest.mark.parametrize(
    ("language", "message"),
    [("zh", "'zh', the tag of several languages"), ("fr", "Received: 'fr', the model does not have it")],
)
def test_a_tag_of_no_language_or_of_several_is_refused(tokenizer, language, message):
    with pytest.raises(InputError, match=message):
        find_language(tokenizer, language)
