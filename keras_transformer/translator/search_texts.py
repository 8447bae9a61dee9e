import tensorflow as tf

from keras_transformer.generation.concurrent_batches import (
    concurrent_batch_size,
    count_concurrent_batches,
    results_as_completed,
)
from keras_transformer.text.prefixes import checked_prefix_rows
from keras_transformer.text.text_batches import batches_by_length, lengths_with_end
from keras_transformer.text.token_rows import padded_ids, rows_to_cut

# A search of the first text without a graph takes less time than tracing the graph, up to this number of tokens.
_MOST_TOKENS_AT_ONCE = 16


def search_texts(
    generator, tokenizers, masking, settings, batch_size, prefixes=None, progress=None, fixed_batches=False
):
    """Searches the translations of masked texts, in batches of similar length, several at a time.

    It warns of texts that are cut, for the caller of the caller.

    Args:
        generator: the `Generator`.
        tokenizers: the `Tokenizers`.
        masking: the `Masking` of the texts.
        settings: `SearchSettings` with `n_best` and `max_length`.
        batch_size, prefixes, progress, fixed_batches: see `Translator.translate`.

    Returns:
        The translations of each text, best first, with placeholders, and their scores, two lists of lists.

    Raises:
        InputError: `batch_size` is below 1, or see `checked_prefix_rows`.
    """
    max_length, count = settings.max_length, len(masking.texts)
    rows = rows_to_cut(tokenizers.source, masking.texts, max_length, stacklevel=3)
    prefix_rows = None
    if prefixes is not None:
        prefix_rows = checked_prefix_rows(tokenizers.target, prefixes, count, max_length, masking.prefixes)
    batches = batches_by_length(lengths_with_end(rows, max_length), batch_size)
    num_threads = count_concurrent_batches()
    if len(batches) < num_threads and not fixed_batches:
        size = concurrent_batch_size(count, batch_size, num_threads)
        batches = batches_by_length(lengths_with_end(rows, max_length), size)
    # With fixed batches, a text has the same search before and after others.
    is_again = fixed_batches or generator.has_searched
    as_graph = is_again or count != 1 or int(rows.row_lengths()[0]) > _MOST_TOKENS_AT_ONCE
    if as_graph and batches:
        generator.trace(settings, prefix_rows is not None)

    def search(indices):
        # The translation of a row of padding, a blank text, is empty.
        source_ids = padded_ids(tf.gather(rows, indices), max_length)
        prefix_ids = None if prefix_rows is None else tf.gather(prefix_rows, indices).to_tensor()
        return generator.generate(source_ids, settings=settings, prefix_ids=prefix_ids, as_graph=as_graph)

    translations, scores = [None] * count, [None] * count
    # The longest first, so that all cores end at nearly the same time.
    for indices, hypotheses in results_as_completed(search, batches[::-1], num_threads):
        found = _texts_and_scores(tokenizers, hypotheses, settings.n_best)
        for index, texts_of_row, scores_of_row in zip(indices, *found, strict=True):
            translations[index], scores[index] = texts_of_row, scores_of_row
        if progress is not None:
            progress(len(indices))
    return translations, scores


def _texts_and_scores(tokenizers, found, n_best):
    shape = tf.shape(found.token_ids)
    rows = tokenizers.decode_target(tf.reshape(found.token_ids, (shape[0] * shape[1], shape[2])))
    texts_of_rows = [rows[start : start + n_best] for start in range(0, len(rows), n_best)]
    return texts_of_rows, found.scores.numpy().tolist()
