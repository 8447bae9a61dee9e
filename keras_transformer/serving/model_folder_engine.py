import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.export.saved_model.serving_files import warmup_text
from keras_transformer.generation import Generator, cross_attention
from keras_transformer.serving.directed_search import DirectedSearch
from keras_transformer.serving.directions import Directions, ServedDirection, directions_of
from keras_transformer.serving.engine import Engine, row_values
from keras_transformer.serving.signature_defs import ATTENTION, N_BEST, text_signature_map
from keras_transformer.special_tokens import PADDING_ID
from keras_transformer.text.masking import Masking
from keras_transformer.translator import Translator

_CARD_NAME = "README.md"


class ModelFolderEngine(Engine):
    """A model folder with the signatures of an exported SavedModel.

    Args:
        path: the model folder, a path.
        settings: the `SearchSettings`.
        languages: the source's and the target's language tag of a model that does not name them, or None.
    """

    def __init__(self, path, settings, languages=(None, None)):
        translator = Translator.load(path)
        self._settings = settings.of_model(translator.config)
        self._tokenizers = translator.tokenizers
        self._generator = Generator(translator.model)
        self._n_best = settings.n_best or settings.beam_size
        self.signature_map = text_signature_map(self._n_best)
        self.directions = directions_of(translator)
        if not self.directions.sources:
            self.directions = Directions.of_tags(*languages)
        self.max_length = self._settings.max_length
        self.card = path / _CARD_NAME if (path / _CARD_NAME).is_file() else None
        self._directed, self._folder_direction = None, None
        config = translator.config
        if (config.source_prefix, config.target_prefix) != (None, None):
            self._directed = DirectedSearch(self._generator.parts, self._settings)
            self._folder_direction = ServedDirection("", "", config.source_prefix, config.target_prefix)
        texts, ids = tf.TensorSpec((None,), tf.string), tf.TensorSpec((None, None), tf.int32)
        self._encode = tf.function(self._encode_source, input_signature=[texts])
        self._decode = tf.function(self._tokenizers.target.detokenize, input_signature=[ids])
        self._attend = tf.function(self._attention_of, input_signature=[ids, ids])

    def run(self, signature, texts, direction=None):
        masking = Masking(self._tokenizers, list(texts))
        source_ids = self._encode(tf.constant(masking.texts, tf.string))
        n_best = self._n_best if signature == N_BEST else 1
        found = self._search(source_ids, n_best, direction)
        batch, _, length = found.token_ids.shape
        translations = self._decode(tf.reshape(found.token_ids, (batch * n_best, length)))
        translations = masking.restored_tensor(translations, found.scores)
        if signature == N_BEST:
            outputs = {"translations": tf.reshape(translations, (batch, n_best)), "scores": found.scores}
        elif signature == ATTENTION:
            outputs = self._attention(source_ids, found.token_ids[:, 0], translations, direction)
        else:
            outputs = {"translation": translations, "score": found.scores[:, 0]}
        return row_values({name: tensor.numpy() for name, tensor in outputs.items()})

    def count_tokens(self, texts):
        return self._tokenizers.source.tokenize(texts).row_lengths().numpy().tolist()

    def is_one_token(self, text):
        return self._tokenizers.source.is_one_token(text)

    def warm_up(self, text=None):
        super().warm_up(warmup_text(self._tokenizers.source))

    def _encode_source(self, texts):
        return self._tokenizers.encode_source(texts, self.max_length)

    def _search(self, source_ids, n_best, direction):
        if self._directed is not None:
            return self._directed.generate(source_ids, n_best, direction or self._folder_direction)
        return self._generator.generate(source_ids, settings=self._settings.with_n_best(n_best))

    def _attention(self, source_ids, target_ids, translations, direction):
        if self._directed is None:
            attention = self._attend(source_ids, target_ids)
        else:
            parts = self._directed.attention(source_ids, shift_targets(target_ids), direction or self._folder_direction)
            attention = _mean_of_targets(parts, target_ids)
        return {
            "translation": translations,
            "source_tokens": _tokens(self._tokenizers.source, source_ids),
            "target_tokens": _tokens(self._tokenizers.target, target_ids),
            "attention": attention,
        }

    def _attention_of(self, source_ids, target_ids):
        scores = cross_attention(self._generator.parts, source_ids, shift_targets(target_ids))
        return _mean_of_targets(scores, target_ids)


def _mean_of_targets(scores, target_ids):
    is_target = tf.expand_dims(tf.not_equal(target_ids, PADDING_ID), 2)
    return tf.where(is_target, tf.reduce_mean(scores, axis=(0, 2)), 0.0)


def _tokens(tokenizer, token_ids):
    return tf.where(tf.equal(token_ids, PADDING_ID), "", tokenizer.tokens(token_ids))
