import collections
import concurrent.futures
import itertools

from keras_transformer.corpus_translation.job import JobError
from keras_transformer.corpus_translation.outcome import Outcome
from keras_transformer.corpus_translation.shard_translator import ShardTranslator
from keras_transformer.errors import InputError
from keras_transformer.generation.concurrent_batches import count_concurrent_batches, one_batch_at_a_time

# Larger shards have enough batches for all cores.
_MOST_BYTES = 1 << 20
# With fewer shards per thread, some threads would have no work for too long at the end.
_SHARDS_PER_THREAD = 4


def translated_here(shards, models, folder, job, progress=None):
    """Translates shards in this process: small ones several at a time, others one after the other.

    Args:
        shards: list of `Shard`s.
        models: list of model folders.
        folder: the `JobFolder`.
        job: the `Job`.
        progress: called with the number of lines of each batch, in any thread. Default None.

    Yields:
        An `Outcome` per shard.

    Raises:
        JobError: an error that every shard would have.
    """
    translator = ShardTranslator(models, folder, job)
    translator.load()

    def translate(shard):
        try:
            return Outcome(shard.name, record=translator.translate(shard, progress))
        except JobError:
            raise
        except InputError as error:
            return Outcome(shard.name, failure=str(error))

    num_threads, is_warm = count_concurrent_batches(), False
    for is_small, group in itertools.groupby(shards, key=lambda shard: shard.size <= _MOST_BYTES):
        rest = collections.deque(group)
        while rest and not (is_small and is_warm and _are_enough(rest, num_threads)):
            outcome = translate(rest.popleft())
            # The first text traces the search.
            is_warm = is_warm or bool(outcome.record and outcome.record["lines"])
            yield outcome
        if rest:
            yield from _translated_together(translate, rest, num_threads)


def _are_enough(shards, num_threads):
    return num_threads > 1 and len(shards) >= num_threads * _SHARDS_PER_THREAD


def _translated_together(translate, shards, num_threads):
    """Yields the results of a function of shards, which is called in threads, in the order of their completion."""

    def translate_alone(shard):
        with one_batch_at_a_time():
            return translate(shard)

    with concurrent.futures.ThreadPoolExecutor(num_threads) as pool:
        futures = [pool.submit(translate_alone, shard) for shard in shards]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield future.result()
        finally:  # After an error, only the shards that were begun are completed.
            for future in futures:
                future.cancel()
