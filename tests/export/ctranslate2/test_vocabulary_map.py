import numpy as np

from keras_transformer.export.ctranslate2.vocabulary_map import write_vocabulary_map
from keras_transformer.generation import Shortlist

TOKENS = ["<pad>", "<unk>", "<s>", "</s>", "▁a", "b\u00a0c", "▁d", "▁e"]


def test_a_line_has_the_tokens_of_a_source_token(tmp_path):
    rows = [[0, 0]] * 3 + [[7, 0], [4, 6], [6, 0], [5, 7], [0, 0]]
    shortlist = Shortlist(np.array(rows, "int32"), np.int32([0, 4]), 8)
    write_vocabulary_map(shortlist, TOKENS, TOKENS, tmp_path / "vmap.txt")
    # Tokens with white space have no line and are in no line.
    lines = (tmp_path / "vmap.txt").read_text(encoding="utf-8").split("\n")
    assert lines == ["\t▁a ▁e", "</s>\t▁e", "▁a\t▁a ▁d", "▁d\t▁e", ""]
