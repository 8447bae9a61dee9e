from .aligned_pairs import aligned_pairs
from .batch_counts import count_batches, count_pairs
from .batch_positions import BatchPositions
from .batch_rows import repeat_rows, shares_of_rows, split_rows, take_rows, weigh_rows
from .candidate_batches import candidate_batches
from .check_files import check_text_files, check_tsv_file, text_rows
from .dropped_pairs import DroppedPairs
from .matching_files import matching_files
from .opened_text import opened_text, plain_size
from .pool_batches import PoolBatches
from .row_service import RowService
from .sentence_pairs import listed_pairs, split_pairs, text_of_pairs, text_pairs, tsv_pairs
from .shuffle_on_disk import shuffle_on_disk, shuffle_table_on_disk
from .text_lines import checked_lines, decoded_lines
from .token_batches import token_batches
from .tsv_rows import tsv_rows

__all__ = [
    "BatchPositions",
    "DroppedPairs",
    "PoolBatches",
    "RowService",
    "aligned_pairs",
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
    "shuffle_on_disk",
    "shuffle_table_on_disk",
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
