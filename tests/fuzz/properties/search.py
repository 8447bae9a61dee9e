import math
import warnings

import numpy as np
import tensorflow as tf

from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.padding import padded
from fuzz.texts import random_text
from fuzz.workspace import MODELS
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.translator import Translator

TOLERANCE = 1e-4


class Search(FuzzProperty):
    """Translations are sorted by score and depend on no other text. Beam size 1 is greedy search.

    The score is the log-probability over the length penalty.
    """

    name = "search"
    unit = "texts"
    goal = 1_500
    share = 8

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.translators = {name: Translator.load(workspace.model(name)) for name in MODELS}
        self.logits = {name: graph_of(translator.model) for name, translator in self.translators.items()}

    def check(self, generator, folder):
        name = generator.choice(list(MODELS))
        translator = self.translators[name]
        texts = [random_text(generator) for _ in range(16)]
        beam_size = generator.randint(1, 5)
        options = {"beam_size": beam_size, "length_penalty": generator.choice([0.0, 0.6, 1.0, -0.5, 2.0])}
        n_best = generator.randint(1, beam_size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Warnings about long texts.
            best = table_of(translator.translate(texts, n_best=n_best, return_scores=True, **options))
            check_sorted(texts, best, f"{options}, n_best={n_best}")
            order = generator.sample(range(len(texts)), len(texts))
            batch_size = generator.randint(1, 20)
            again = translator.translate(
                [texts[index] for index in order], n_best=n_best, batch_size=batch_size, return_scores=True, **options
            )
            check_same(texts, order, best, table_of(again), f"{options}, n_best={n_best}, batch_size={batch_size}")
            check_greedy(translator, self.logits[name], texts[:3])
        return len(texts)


def check_sorted(texts, best, how):
    """Raises a Failure if the translations of a text are not sorted by score."""
    for text, scores in zip(texts, best[1], strict=True):
        if sorted(scores, reverse=True) != scores:
            raise Failure(f"{text!r}, {how}: the scores {scores} are not sorted")


def check_same(texts, order, best, again, how):
    """Raises a Failure if texts in another order or batch have other translations.

    Args:
        texts: the texts.
        order: index of the text in each place of `again`.
        best: `table_of` the translations of the texts.
        again: `table_of` those of the texts in the other order.
        how: options, for the message.
    """
    for place, index in enumerate(order):
        pairs = zip(best[0][index], best[1][index], again[0][place], again[1][place], strict=True)
        for text, score, other_text, other_score in pairs:
            # Two hypotheses with the same score can be exchanged.
            if not math.isclose(score, other_score, abs_tol=TOLERANCE) and not score == other_score:
                raise Failure(
                    f"{texts[index]!r}, {how}: {text!r} ({score}), in another batch {other_text!r} ({other_score})"
                )


def check_greedy(translator, logits_of, texts):
    """Raises a Failure if beam size 1 differs from greedy search, written here with the model alone."""
    found, scores = translator.translate(texts, beam_size=1, length_penalty=0.0, return_scores=True)
    for text, translation, score in zip(texts, found, scores, strict=True):
        (source,) = translator.tokenizers.encode_source([text], translator.config.max_length).numpy().tolist()
        if not any(source):
            continue
        tokens, total = [], 0.0
        longest = min(translator.config.max_length, 2 * len(source) + 10)
        while END_ID not in tokens:
            logits = logits_of(padded([source]), padded([[START_ID, *tokens]])).numpy()[0, -1].astype("float64")
            log_probabilities = logits - np.log(np.sum(np.exp(logits - logits.max()))) - logits.max()
            log_probabilities[[PADDING_ID, UNKNOWN_ID, START_ID]] = -math.inf
            next_token = END_ID if len(tokens) + 1 == longest else int(np.argmax(log_probabilities))
            total += log_probabilities[next_token]
            tokens.append(next_token)
        expected = translator.target_tokenizer.detokenize([tokens]).numpy()[0].decode()
        if translation != expected and abs(total - score) > TOLERANCE:
            raise Failure(f"{text!r}: beam size 1 gives {translation!r} ({score}), greedy {expected!r} ({total})")


def graph_of(model):
    """The model as one graph for every shape."""
    return tf.function(
        lambda source_ids, target_ids: model({"source_ids": source_ids, "target_ids": target_ids}, training=False),
        input_signature=[tf.TensorSpec((None, None), tf.int32)] * 2,
    )


def table_of(found):
    """Lists of translations and of scores of any number."""
    return [[row if isinstance(row, list) else [row] for row in part] for part in found]
