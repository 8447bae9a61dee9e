"""Sentence pairs, and batches for `model.fit`."""

from keras_transformer.data.batch_counts import count_batches, count_pairs
from keras_transformer.data.batch_rows import repeat_rows, shares_of_rows, split_rows, take_rows, weigh_rows
from keras_transformer.data.candidate_batches import candidate_batches
from keras_transformer.data.check_files import check_text_files, check_tsv_file, text_rows
from keras_transformer.data.dropped_pairs import DroppedPairs
from keras_transformer.data.matching_files import matching_files
from keras_transformer.data.opened_text import opened_text, plain_size
from keras_transformer.data.pool_batches import PoolBatches
from keras_transformer.data.row_service import RowService
from keras_transformer.data.sentence_pairs import listed_pairs, split_pairs, text_of_pairs, text_pairs, tsv_pairs
from keras_transformer.data.text_lines import checked_lines, decoded_lines
from keras_transformer.data.token_batches import token_batches
from keras_transformer.data.tsv_rows import tsv_rows

__all__ = [
    "DroppedPairs",
    "PoolBatches",
    "RowService",
    "candidate_batches",
    "check_text_files",
    "check_tsv_file",
    "checked_lines",
    "count_batches",
    "count_pairs",
    "decoded_lines",
    "listed_pairs",
    "matching_files",
    "opened_text",
    "plain_size",
    "repeat_rows",
    "shares_of_rows",
    "split_pairs",
    "split_rows",
    "take_rows",
    "text_of_pairs",
    "text_pairs",
    "text_rows",
    "token_batches",
    "tsv_pairs",
    "tsv_rows",
    "weigh_rows",
]
