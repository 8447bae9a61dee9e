"""Speed and BLEU of the search with a vocabulary shortlist, against the whole vocabulary.

The shortlist is learned from the training text. Both searches get the same batches alternately, so that other load on
the machine affects both alike. The time is the processor time of one thread. With `--vocabulary-size`, the model has
random weights and a vocabulary learned from the training text, for the speed alone.

Usage: python benchmarks/shortlist.py MODEL_FOLDER SOURCE_FILE REFERENCE_FILE --training SOURCE_FILE TARGET_FILE
       [--vocabulary-size N] [--candidates 20 50] [--frequent 100] [--beam-size 1 4] [--batch-size 64] [--rounds 3]
"""

import argparse
import pathlib
import statistics
import time

import keras_transformer as kt

kt.use_onednn()  # isort: split
import keras
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

from keras_transformer.data import text_of_pairs, text_pairs  # noqa: E402 (the numbers of threads come before any other use)
from keras_transformer.generation import Generator, learn_shortlist  # noqa: E402
from keras_transformer.text import learn_vocabulary  # noqa: E402

MAX_LENGTH = 64


def random_model(training, vocabulary_size):
    keras.utils.set_random_seed(1)
    lines = [line for path in training for line in path.read_text(encoding="utf-8").splitlines()]
    tokenizers = kt.Tokenizers(learn_vocabulary(lines, vocabulary_size))
    config = kt.TransformerConfig.from_preset(
        "tiny", vocabulary_size=vocabulary_size, normalize_first=True, max_length=MAX_LENGTH
    )
    return kt.build_transformer(config), tokenizers


def measure(generator, batches, settings, rounds):
    """Processor seconds of each round and the token ids of the translations, by name of the search."""
    searches = {name: settings(is_on) for name, is_on in (("whole vocabulary", False), ("shortlist", True))}
    found = {
        name: [generator.generate(batch, settings=each).token_ids.numpy()[:, 0] for batch in batches]
        for name, each in searches.items()
    }
    seconds = {name: [0.0] * rounds for name in searches}
    for number in range(rounds):
        for batch in batches:
            for name, each in searches.items():
                started = time.process_time()
                generator.generate(batch, settings=each).token_ids.numpy()
                seconds[name][number] += time.process_time() - started
    return seconds, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="model folder")
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("reference", type=pathlib.Path)
    parser.add_argument("--training", type=pathlib.Path, nargs=2, required=True)
    parser.add_argument("--vocabulary-size", type=int)
    parser.add_argument("--candidates", type=int, nargs="+", default=[20])
    parser.add_argument("--frequent", type=int, nargs="+", default=[100])
    parser.add_argument("--beam-size", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--batch-size", type=int, nargs="+", default=[64])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.vocabulary_size:
        model, tokenizers = random_model(options.training, options.vocabulary_size)
    else:
        translator = kt.Translator.load(options.model)
        model, tokenizers = translator.model, translator.tokenizers
    sources, references = (
        path.read_text(encoding="utf-8").splitlines() for path in (options.source, options.reference)
    )
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    print(
        "| candidates, frequent | tokens of a sentence, of a batch | beam, batch | sentences/s | ratio | BLEU | equal |"
    )
    print("|---|---|---|---|---|---|---|")
    for candidates in options.candidates:
        for frequent in options.frequent:
            pairs = text_of_pairs(text_pairs(*map(str, options.training)))
            generator = Generator(model, learn_shortlist(pairs, tokenizers, candidates, frequent))
            for batch_size in options.batch_size:
                rows = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
                batches = [tokenizers.encode_source([sources[index] for index in row], MAX_LENGTH) for row in rows]
                tokens = [generator.shortlist.tokens_of(batch) for batch in batches]
                size = sum(float(tf.reduce_sum(tf.cast(each.bias == 0, tf.int32))) for each in tokens) / len(order)
                size_of_batch = sum(int(tf.size(each.token_ids)) for each in tokens) / len(batches)
                for beam_size in options.beam_size:

                    def settings(is_on, beam_size=beam_size):
                        return kt.SearchSettings(beam_size=beam_size, max_length=MAX_LENGTH, shortlist=is_on)

                    seconds, found = measure(generator, batches, settings, options.rounds)
                    texts = {
                        name: [text for batch in token_ids for text in tokenizers.decode_target(batch)]
                        for name, token_ids in found.items()
                    }
                    whole, short = texts.values()
                    equal = sum(map(str.__eq__, whole, short)) / len(order)
                    ordered = [references[index] for index in order]
                    bleu = [kt.metrics.corpus_scores(each, ordered, tokenize="none")["bleu"] for each in (whole, short)]
                    speeds = [len(order) / statistics.median(each) for each in seconds.values()]
                    ratio = statistics.median(map(float.__truediv__, *seconds.values()))
                    print(
                        f"| {candidates}, {frequent} | {size:.0f}, {size_of_batch:.0f} | {beam_size}, {batch_size} "
                        f"| {speeds[0]:.0f}, {speeds[1]:.0f} | {ratio:.2f} | {bleu[0]:.2f}, {bleu[1]:.2f} "
                        f"| {equal:.1%} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
