from keras_transformer.corpus_translation.job import JobError
from keras_transformer.corpus_translation.outcome import Outcome
from keras_transformer.corpus_translation.shard_translator import ShardTranslator
from keras_transformer.errors import InputError


def translated_here(shards, model, folder, job, progress=None):
    """Translates shards in this process, one after the other.

    Args:
        shards: list of `Shard`s.
        model: the model folder.
        folder: the `JobFolder`.
        job: the `Job`.
        progress: called with the number of lines of each batch. Default None.

    Yields:
        An `Outcome` per shard.

    Raises:
        JobError: an error that every shard would have.
    """
    translator = ShardTranslator(model, folder, job)
    translator.load()
    for shard in shards:
        try:
            yield Outcome(shard.name, record=translator.translate(shard, progress))
        except JobError:
            raise
        except InputError as error:
            yield Outcome(shard.name, failure=str(error))
