import json

import numpy as np

from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.mutations import mutate_bytes
from fuzz.texts import invisible_text, random_text
from fuzz.workspace import load_tokenizers
from keras_transformer.data import check_text_files, check_tsv_file, text_of_pairs, text_pairs, token_batches, tsv_pairs
from keras_transformer.errors import InputError
from keras_transformer.text.blank import is_blank

PAIRS = 80


class DataFiles(FuzzProperty):
    """Files of sentence pairs are refused in one line that names the file, or every pair that fits is trained on once.

    No batch exceeds its budget with any options, and labels are the text.
    """

    name = "data-files"
    unit = "files"
    goal = 400
    share = 9

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.tokenizers = load_tokenizers(workspace)

    def check(self, generator, folder):
        tokenizer = self.tokenizers[generator.choice(list(self.tokenizers))]
        is_table = generator.random() < 0.5
        files = self._write(generator, folder, is_table)
        try:
            if is_table:
                number = check_tsv_file(files[0], 1, 2)
                pairs = tsv_pairs(files[0], 1, 2)
            else:
                number = check_text_files(*files)
                pairs = text_pairs(*files)
        except InputError as error:
            if not any(str(file) in str(error) for file in files):
                raise Failure(f"names no file: {str(error)!r} for {_content(files)}") from None
            return 1
        read = list(text_of_pairs(pairs))
        if len(read) != number:
            raise Failure(f"{number} pairs are checked, {len(read)} read: {_content(files)}")
        self._check_batches(generator, tokenizer, pairs, read, files)
        return 1

    def _write(self, generator, folder, is_table):
        lines = [
            [
                generator.choice([random_text, random_text, invisible_text])(generator).replace("\r", "")
                for _ in range(2)
            ]
            for _ in range(PAIRS)
        ]
        end = generator.choice(["\n", "\r\n"])
        if is_table:
            lines = [[side.replace("\t", " ") for side in pair] for pair in lines]
            texts = ["".join("\t".join(pair) + end for pair in lines)]
        else:
            texts = ["".join(pair[side] + end for pair in lines) for side in range(2)]
        files = [folder / f"{number}.txt" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            content = text.encode()
            if generator.random() < 0.3:
                content = mutate_bytes(content, generator)
            file.write_bytes(generator.choice([b"", b"", b"\xef\xbb\xbf"]) + content)
        return files

    def _check_batches(self, generator, tokenizer, pairs, read, files):
        max_length = generator.choice([2, 8, 30, 100])
        batch_tokens = generator.choice([max_length, max_length + 7, 300, 2000])
        if batch_tokens < max_length:
            batch_tokens = max_length
        options = {"shuffle": generator.random() < 0.5, "fixed_shapes": generator.random() < 0.3, "seed": 1}
        check_batches(tokenizer, pairs, read, batch_tokens, max_length, options, _content(files))


def check_batches(tokenizer, pairs, texts, batch_tokens, max_length, options, content):
    """Raises a Failure if a pair that fits is not in exactly one batch, or a batch exceeds its budget.

    Args:
        tokenizer: the `Tokenizer` of both sides.
        pairs: dataset of sentence pairs.
        texts: the same pairs as a list.
        batch_tokens: budget of a batch.
        max_length: the longest side of a pair.
        options: other arguments of `token_batches`.
        content: the text, for the message.
    """
    wanted = []
    sources, targets = (tokenizer.tokenize([pair[side] for pair in texts]).to_list() for side in range(2))
    for pair, source, target in zip(texts, sources, targets, strict=True):
        if source and target and max(len(source), len(target)) < max_length and not _is_blank(pair):
            wanted.append((tuple(source), tuple(target)))
    found = []
    batches = token_batches(pairs, tokenizer, batch_tokens=batch_tokens, max_length=max_length, **options)
    for inputs, labels in batches.as_numpy_iterator():
        for ids in (*inputs.values(), labels):
            if ids.size > batch_tokens:
                raise Failure(f"a batch of {ids.shape} for {batch_tokens} tokens, {options}: {content}")
        if not np.array_equal(inputs["target_ids"][:, 1:], np.where(labels[:, 1:] == 0, 0, labels[:, :-1])):
            raise Failure(f"labels are not the target shifted, {options}: {content}")
        for source, target in zip(inputs["source_ids"], labels, strict=True):
            if source.any():
                found.append((_without_end(source), _without_end(target)))
    if sorted(found) != sorted(wanted):
        missing, extra = sorted(set(wanted) - set(found))[:2], sorted(set(found) - set(wanted))[:2]
        raise Failure(
            f"{len(found)} pairs in batches instead of {len(wanted)}, missing {missing}, too many {extra}, "
            f"max_length={max_length}, {options}: {content}"
        )


def _is_blank(pair):
    """Returns whether a side has no visible characters."""
    return any(is_blank(side) for side in pair)


def _without_end(row):
    """The tokens of a row, without the end token and the padding."""
    row = row[row != 0].tolist()
    assert row[-1] == 3, row
    return tuple(row[:-1])


def _content(files):
    return json.dumps([file.read_bytes().decode(errors="replace")[:300] for file in files])
