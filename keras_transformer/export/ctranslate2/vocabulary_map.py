"""The shortlist of a model as CTranslate2's vocabulary map."""

import numpy as np

from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS

VOCABULARY_MAP_NAME = "vmap.txt"


def write_vocabulary_map(shortlist, source_tokens, target_tokens, path):
    """Writes a `Shortlist` as the file `vmap.txt` of CTranslate2.

    A line has a source token, a tab, and the target tokens, separated by spaces. The line without a source token has
    the target tokens that every translation can have. Tokens with white space cannot be written and are dropped.

    Args:
        shortlist: the `Shortlist`.
        source_tokens, target_tokens: the tokens in the order of ids.
        path: the file.
    """

    def line(key, token_ids):
        words = (target_tokens[number] for number in np.unique(token_ids) if number >= NUM_SPECIAL_TOKENS)
        return f"{key}\t{' '.join(word for word in words if not any(map(str.isspace, word)))}\n"

    # Every source has the end token, so its candidates are possible everywhere.
    lines = [line("", np.append(shortlist.frequent, shortlist.candidates[END_ID]))]
    lines += [
        line(token, row)
        for token, row in zip(source_tokens, shortlist.candidates, strict=True)
        if token and row.any() and not any(map(str.isspace, token))
    ]
    path.write_text("".join(lines), encoding="utf-8", newline="")
