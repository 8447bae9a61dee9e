import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.export import export_ctranslate2, export_saved_model, get_exporter
from keras_transformer.export.tflite.tflite_exporter import warn_of_text
from keras_transformer.files.folder_lock import lock_of_training
from keras_transformer.generation import Generator, SearchSettings
from keras_transformer.generation.concurrent_batches import (
    concurrent_batch_size,
    count_concurrent_batches,
    results_as_completed,
)
from keras_transformer.generation.pair_aligner import PairAligner
from keras_transformer.generation.pair_scorer import PairScorer
from keras_transformer.generation.shortlist import Shortlist
from keras_transformer.importing import M2M100Folder, MarianFolder, OpenNMTTFFolder, folder_class, preset_folder
from keras_transformer.models.ensemble import Ensemble, config_of
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.saving.load_models import models_of_files
from keras_transformer.saving.model_folder import save_model_folder
from keras_transformer.saving.shortlist_file import load_shortlist, save_shortlist
from keras_transformer.text import TextFacts, Tokenizers
from keras_transformer.text.direction import Direction
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.masking import Masking
from keras_transformer.text.placeholder_counts import PlaceholderCounts
from keras_transformer.text.prefixes import checked_prefix_rows
from keras_transformer.text.sentences import translate_sentences
from keras_transformer.text.text_batches import batches_by_length, check_finite, checked_texts, lengths_with_end
from keras_transformer.text.token_rows import deprecated_token_rows, padded_ids, rows_to_cut

if TYPE_CHECKING:
    import keras

    from keras_transformer.text.tokenizer import Tokenizer


_BATCH_SIZE = 64
# Maximum number of tokens of the first text for which a search without a graph takes less time than tracing the graph.
_MOST_TOKENS_AT_ONCE = 16


class Translator:
    """Translates text with a trained model and its tokenizers.

    Args:
        model: a Keras model of `build_transformer`, or an `Ensemble`.
        source_tokenizer: the source's `Tokenizer`, or the `Tokenizers` of both languages.
        target_tokenizer: the target's `Tokenizer`. Default: the source's.
        texts: the `TextFacts` of the training text. Default: unknown.
        shortlist: the `Shortlist` of searches whose settings have `shortlist`. Default None.

    Raises:
        ValueError: the number of tokens of a tokenizer differs from the model's.

    Example:

    >>> translator = kt.Translator.load("models/phrases")
    >>> translator.translate(["나는 어제 카페에 갔다."])
    ['I went to the cafe yesterday.']
    """

    def __init__(
        self,
        model: "keras.Model",
        source_tokenizer: "Tokenizer | Tokenizers",
        target_tokenizer: "Tokenizer | None" = None,
        texts: TextFacts | None = None,
        shortlist: Shortlist | None = None,
    ):
        self.model = model
        self.texts = texts or TextFacts()
        self.tokenizers = Tokenizers.of(source_tokenizer, target_tokenizer)
        self.config = config_of(model)
        self.tokenizers.check_sizes(self.config.vocabulary_size, self.config.target_vocabulary_size)
        self._generator = Generator(model, shortlist)
        self._scorer = PairScorer(model, self.tokenizers)
        self._aligner = None

    @property
    def shortlist(self) -> Shortlist | None:
        """The `Shortlist` of searches whose settings have `shortlist`, or None."""
        return self._generator.shortlist

    @property
    def source_tokenizer(self) -> "Tokenizer":
        """The source's `Tokenizer`."""
        return self.tokenizers.source

    @property
    def target_tokenizer(self) -> "Tokenizer":
        """The target's `Tokenizer`."""
        return self.tokenizers.target

    def translate(
        self,
        texts: Sequence[str],
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        batch_size: int = _BATCH_SIZE,
        return_scores: bool = False,
        progress: Callable[[int], object] | None = None,
        split_sentences: bool = False,
        settings: SearchSettings | None = None,
        prefixes: Sequence[str] | None = None,
        glossary: Glossary | None = None,
        counts: PlaceholderCounts | None = None,
        fixed_batches: bool = False,
        sentence_pairs: list | None = None,
    ):
        """Translates texts and returns the translations in the same order. A blank text has an empty translation.

        Texts are sorted by length into batches, for speed alone. On processors, one batch per core is searched at a
        time, in threads. This is fastest with one thread per operation, which the commands set. In a program, call
        `tf.config.threading.set_intra_op_parallelism_threads(1)` before TensorFlow is used; this method changes no
        settings. Texts with more tokens than the model's `max_length` are cut, with a warning.

        Args:
            texts: a list of strings.
            beam_size, length_penalty, n_best: a shorthand for `settings`. Default: those of `SearchSettings`.
            batch_size: maximum number of texts of a batch. Default 64.
            return_scores: whether to return the scores as well. Default False.
            progress: called after each batch with the number of its texts. Default None.
            split_sentences: whether each text is translated sentence by sentence. It needs the languages, see
                `TextFacts`. Scores are then sums over the sentences, and `n_best` must be 1. Default False.
            settings: `SearchSettings`. Default: those of the separate arguments.
            prefixes: a string for each text, with which its translation begins, in the vocabulary's normalisation. An
                empty string forces nothing. Default None.
            glossary: a `Glossary` of terms with their translations. The model needs symbols for terms. Default None.
            counts: `PlaceholderCounts`, to which those of these texts are added. Default None.
            fixed_batches: whether the batches depend on the texts and `batch_size` alone, not on the number of cores or
                earlier calls. The last digits of a score depend on its batch. Default False.
            sentence_pairs: a list, to which `split_sentences` adds for each text the list of its `(sentence,
                translation)`. Default None.

        Returns:
            A list of strings, or with `n_best` above 1, a list of lists of strings, best first. With `return_scores`, a
            pair of this list and the scores, floats in the same structure: log-probability divided by length penalty.

        Raises:
            ValueError: `texts` is a single string, a number is out of range, `settings` is given together with one of
                its fields, a prefix has an unknown character or is too long, or the best score of a text is not finite.
        """
        texts = checked_texts(texts)
        settings = SearchSettings.of(settings, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best)
        settings = settings.with_n_best(settings.n_best or 1).of_model(self.config)
        n_best, max_length = settings.n_best, settings.max_length
        if split_sentences:
            if n_best > 1:
                raise InputError(f"`n_best` must be 1 with `split_sentences`. Received: n_best={n_best}.")
            if prefixes is not None:
                raise InputError("`prefixes` exclude `split_sentences`, because they are of whole texts. Remove one.")

            def translate(sentences):
                each = len(texts) / max(1, len(sentences))
                report = progress and (lambda count: progress(count * each))
                arguments = {"batch_size": batch_size, "return_scores": True, "progress": report}
                arguments |= {"glossary": glossary, "counts": counts, "fixed_batches": fixed_batches}
                return self.translate(sentences, **arguments, settings=settings)

            is_one_token = self.tokenizers.source.is_one_token
            found = translate_sentences(translate, texts, self.texts, sentence_pairs, is_one_token)
            return found if return_scores else found[0]
        masking = Masking(self.tokenizers, texts, glossary, copies=prefixes is None)
        rows = rows_to_cut(self.tokenizers.source, masking.texts, max_length)
        prefix_rows = None
        if prefixes is not None:
            target = self.tokenizers.target
            prefix_rows = checked_prefix_rows(target, prefixes, len(texts), max_length, masking.prefixes)
        translations, scores = [None] * len(texts), [None] * len(texts)
        batches = batches_by_length(lengths_with_end(rows, max_length), batch_size)
        num_threads = count_concurrent_batches()
        if len(batches) < num_threads and not fixed_batches:
            size = concurrent_batch_size(len(texts), batch_size, num_threads)
            batches = batches_by_length(lengths_with_end(rows, max_length), size)
        # With fixed batches, a text has the same search before and after others.
        is_again = fixed_batches or self._generator.has_searched
        as_graph = is_again or len(texts) != 1 or int(rows.row_lengths()[0]) > _MOST_TOKENS_AT_ONCE
        if as_graph and batches:
            self._generator.trace(settings, prefix_rows is not None)

        def search(indices):
            # The translation of a row of padding, a blank text, is empty.
            source_ids = padded_ids(tf.gather(rows, indices), max_length)
            prefix_ids = None if prefix_rows is None else tf.gather(prefix_rows, indices).to_tensor()
            return self._generator.generate(source_ids, settings=settings, prefix_ids=prefix_ids, as_graph=as_graph)

        # The longest first, so that all cores end at nearly the same time.
        for indices, hypotheses in results_as_completed(search, batches[::-1], num_threads):
            found = self._texts_and_scores(hypotheses, n_best)
            for index, texts_of_row, scores_of_row in zip(indices, *found, strict=True):
                translations[index], scores[index] = texts_of_row, scores_of_row
            if progress is not None:
                progress(len(indices))
        check_finite(row[0] for row in scores)
        translations = masking.restored(translations, scores, counts)
        if n_best == 1:
            translations, scores = ([row[0] for row in table] for table in (translations, scores))
        return (translations, scores) if return_scores else translations

    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        batch_size: int = _BATCH_SIZE,
        return_tokens: bool = False,
        progress: Callable[[int], object] | None = None,
    ):
        """Computes the log-probabilities of given translations.

        Args:
            pairs: a list of `(source, target)` strings.
            batch_size: number of pairs scored at a time. Default 64.
            return_tokens: whether to return the number of tokens of each target as well. Default False.
            progress: called after each batch with the number of its pairs. Default None.

        Returns:
            A list of floats: the natural logarithm of the probability of the target with its end token, given the
            source. With `return_tokens`, a pair of this list and a list of the numbers of tokens of the targets,
            including the end token.

        Raises:
            ValueError: `pairs` are not pairs of strings, `batch_size` is out of range, or a score is not finite.
        """
        scores, num_tokens = self._scorer.score(pairs, batch_size, progress)
        return (scores, num_tokens) if return_tokens else scores

    def align(
        self,
        pairs: Sequence[tuple[str, str]],
        layer: int | None = None,
        batch_size: int = _BATCH_SIZE,
        progress: Callable[[int], object] | None = None,
        head: int | None = None,
    ) -> list[list[tuple[int, int]]]:
        """Aligns the words of given translations with those of their sources, by cross-attention.

        Each target word is linked to the source word to which the decoder attends most when it predicts the target
        word. Words are separated by spaces. Words beyond the model's `max_length` have no links. An ensemble reads the
        mean attention of its models. Both sides are masked if the model has placeholders; the words of a part that
        both have are linked in order.

        Args:
            pairs: a list of `(source, target)` strings.
            layer: the decoder block whose attention is read, from 1. Default: the heads that were trained with
                alignments (`texts.alignment_heads`), or the mean of all heads of the first half of the blocks.
            batch_size: number of pairs aligned at a time. Default 64.
            progress: called after each batch with the number of its pairs. Default None.
            head: the head of `layer` whose attention is read, from 1. Default: the mean of all heads.

        Returns:
            For each pair a list of links `(source word, target word)`, counted from 0, in ascending order.

        Raises:
            ValueError: `pairs` are not pairs of strings, or a number is out of range.

        Example:

        >>> links = translator.align([("나는 어제 카페에 갔다.", "I went to the cafe yesterday.")])
        >>> sorted(target for _, target in links[0])
        [0, 1, 2, 3, 4, 5]
        """
        if self._aligner is None:
            heads = getattr(self.model, "alignment_heads", [self.texts.alignment_heads])
            self._aligner = PairAligner(self.model, self.tokenizers, heads)
        return self._aligner.align(pairs, layer, batch_size, progress, head)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the model folder: config, tokenizers, weights and the shortlist.

        Args:
            path: the folder. It is created if it is missing. An existing model is replaced, and its scores, history
                and model card are removed.

        Raises:
            InputError: a training writes to the folder, or the model is an ensemble.
        """
        if isinstance(self.model, Ensemble):
            raise InputError("An ensemble has no model folder. Save each of its models, and load a list of folders.")
        with lock_of_training(path):
            save_model_folder(path, self.model, self.config, self.source_tokenizer, self.target_tokenizer, self.texts)
            if self.shortlist is not None:
                save_shortlist(path, self.shortlist)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike | Sequence[str | os.PathLike],
        source_language: str | None = None,
        target_language: str | None = None,
    ) -> Self:
        """Loads the translator of a model folder of `save` or of the command `train`, or of an ensemble of folders.

        Args:
            path: the folder, or a list of folders with the same vocabulary, see `Ensemble`.
            source_language, target_language: the direction of a multilingual model: a code of the model, such as
                "eng_Latn", or a BCP 47 tag. For another model, the languages that its folder does not have, or a tag
                with another script or region. Default: those of the folder.

        Raises:
            InputError: the folder is missing, incomplete or of a newer version, its files do not match each other, or
                the model does not have a language. Or the models of an ensemble have different vocabularies or
                directions.
        """
        return cls._of_files(read_ensemble_files(path, Direction(source_language, target_language)))

    @classmethod
    def _of_files(cls, files):
        """Loads the translator of a list of `ModelFiles`."""
        model, tokenizers, texts = models_of_files(files)
        return cls(model, tokenizers, texts=texts, shortlist=load_shortlist(files[0].path, config_of(model)))

    @classmethod
    def from_marian(cls, folder: str | os.PathLike, normalize_punctuation: bool = False) -> Self:
        """Reads a Hugging Face MarianMT folder, such as one of OPUS-MT, without PyTorch and Transformers.

        With `normalize_punctuation`, quotation marks, dashes and so on are normalised as in the text of OPUS-MT.

        Raises:
            InputError: a file is missing, damaged or does not match another, or an option is not supported.
        """
        found = MarianFolder(folder, normalize_punctuation)
        return cls(found.model(), found.tokenizers, texts=found.texts)

    @classmethod
    def from_m2m100(
        cls, folder: str | os.PathLike, source_language: str | None = None, target_language: str | None = None
    ) -> Self:
        """Reads a Hugging Face folder of M2M100 or NLLB, without PyTorch and Transformers.

        Args:
            folder: the folder.
            source_language, target_language: the direction: a code of the model, such as "en" or "eng_Latn", or a BCP
                47 tag. Default: those of `tokenizer_config.json`.

        Raises:
            InputError: a file is missing, damaged or does not match another, an option is not supported, or the model
                does not have a language.
        """
        found = M2M100Folder(folder, Direction(source_language, target_language))
        return cls(found.model(), found.tokenizers, texts=found.texts)

    @classmethod
    def from_opennmt_tf(
        cls,
        checkpoint: str | os.PathLike,
        source_vocabulary: str | os.PathLike | None = None,
        target_vocabulary: str | os.PathLike | None = None,
        source_tokenizer: str | os.PathLike | None = None,
        target_tokenizer: str | os.PathLike | None = None,
        num_heads: int | None = None,
        activation: str | None = None,
        source_end: bool | None = None,
    ) -> Self:
        """Reads a Transformer of OpenNMT-tf 2 from its checkpoint, without OpenNMT-tf.

        Args:
            checkpoint: the folder of a run with `checkpoint` and `ckpt-N.index`, or one checkpoint, such as
                "run/ckpt-5000".
            source_vocabulary, target_vocabulary: the vocabularies. Default: files of the folder.
            source_tokenizer, target_tokenizer: the SentencePiece models. Default: those of the folder that fit the
                vocabularies. Without one, tokens are separated by spaces.
            num_heads: number of attention heads. Default: that of `model_description.py`, or of the model type of the
                same size.
            activation: activation of the feed-forward networks. Default: that of `model_description.py`, or "relu".
            source_end: whether the source ends with the end token. Default False, as in OpenNMT-tf.

        Raises:
            InputError: a file is missing, damaged or does not match another, or an option is not supported.
        """
        vocabularies = source_vocabulary, target_vocabulary, source_tokenizer, target_tokenizer
        found = OpenNMTTFFolder(checkpoint, *vocabularies, num_heads, activation, source_end)
        return cls(found.model(), found.tokenizers, texts=found.texts)

    @classmethod
    def from_preset(
        cls, address: str | os.PathLike, source_language: str | None = None, target_language: str | None = None
    ) -> Self:
        """Loads a model folder or a folder of another toolkit, or "hf://user/model" with the extra `hub`.

        Args:
            address: path of a folder, or "hf://user/model", or "hf://user/model@revision".
            source_language, target_language: see `load` and `from_m2m100`.

        Raises:
            InputError: see `load`, `from_marian`, `from_m2m100` and `from_opennmt_tf`, or the hub cannot be reached or
                does not have the model.
        """
        folder = preset_folder(address)
        kind = folder_class(folder)
        if kind is MarianFolder:
            if source_language or target_language:
                raise InputError(f"{address}: a MarianMT model has no choice of languages. Remove them.")
            return cls.from_marian(folder)
        if kind is OpenNMTTFFolder:
            found = OpenNMTTFFolder(folder, direction=Direction(source_language, target_language))
            return cls(found.model(), found.tokenizers, texts=found.texts)
        load = cls.from_m2m100 if kind is M2M100Folder else cls.load
        return load(folder, source_language, target_language)

    def export_saved_model(
        self,
        path: str | os.PathLike,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        max_length: int | None = None,
        settings: SearchSettings | None = None,
        prefix_signature: bool = False,
    ) -> pathlib.Path:
        """Writes a text-to-text SavedModel for TensorFlow Serving with fixed search settings.

        Its signatures are `serving_default` (`text` to `translation` and `score`), `n_best` (`translations`, `scores`)
        and `attention` (`translation`, `source_tokens`, `target_tokens`, `attention`). It includes warm-up requests.
        The configuration of the server is written to the folder of the versions.

        Args:
            path: the folder of the model, such as "saved_models/ko_en", for the next free version, or the folder of a
                version, such as "saved_models/ko_en/1", which must not exist.
            beam_size, length_penalty, n_best, max_length: a shorthand for `settings`. Default: those of
                `SearchSettings`.
            settings: `SearchSettings`. Default: those of the separate arguments.
            prefix_signature: whether the SavedModel has the signature `with_prefix`, see `SavedModelExporter`. Default
                False.

        Returns:
            The folder of the version, a `pathlib.Path`.

        Raises:
            InputError: an argument is out of range, the version exists already, or the folder cannot be written.
            ExportError: the SavedModel would have an operation that a standard server does not support.
        """
        settings = SearchSettings.of(
            settings, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best, max_length=max_length
        )
        return export_saved_model(self, path, settings, prefix_signature=prefix_signature)

    def export_tflite(
        self,
        path: str | os.PathLike,
        quantize: str | None = None,
        text: bool = False,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        max_length: int | None = None,
        settings: SearchSettings | None = None,
        text_signature: bool | None = None,
    ) -> pathlib.Path:
        """Writes a TFLite file that includes the search, and the SentencePiece model in the same folder.

        The file maps token ids to token ids (`translate`) and texts to texts (`translate_text`), with built-in
        operations only.

        Args:
            path: the file, `NAME.tflite`. An existing file is replaced.
            quantize: None (default) for float32, "float16" for half of its size, "int8" for about a third.
            text: deprecated. True for texts with TensorFlow Text's operations, which the runtime then needs. Default
                False.
            beam_size, length_penalty, max_length: a shorthand for `settings`. Default: those of `SearchSettings`.
            settings: `SearchSettings`. Default: those of the separate arguments.
            text_signature: whether the file has the signatures for texts, such as `translate_text`. True needs
                vocabularies of the type unigram. Default None: if the vocabularies support it.

        Returns:
            The file, a `pathlib.Path`.

        Raises:
            InputError: an argument is out of range, the vocabulary does not support `text_signature`, or the file
                cannot be written.
            ExportError: TFLite does not support an operation of the model.
        """
        if text:
            warn_of_text(stacklevel=3)
        settings = SearchSettings.of(
            settings, beam_size=beam_size, length_penalty=length_penalty, max_length=max_length
        )
        return get_exporter("tflite", quantize, text, text_signature).export(self, path, settings)

    def export_ctranslate2(self, path: str | os.PathLike, quantize: str | None = None) -> pathlib.Path:
        """Writes a folder for `ctranslate2.Translator`, including the SentencePiece models.

        Args:
            path: the folder. It must not exist yet.
            quantize: None (default) for float32, "float16" or "int8".

        Returns:
            The folder, a `pathlib.Path`.

        Raises:
            InputError: the package `ctranslate2` is missing, an argument is out of range, or the folder cannot be
                written.
            ExportError: CTranslate2 does not support the model.
        """
        return export_ctranslate2(self, path, quantize)

    token_rows = deprecated_token_rows

    def _texts_and_scores(self, found, n_best):
        shape = tf.shape(found.token_ids)
        rows = self.tokenizers.decode_target(tf.reshape(found.token_ids, (shape[0] * shape[1], shape[2])))
        texts_of_rows = [rows[start : start + n_best] for start in range(0, len(rows), n_best)]
        return texts_of_rows, found.scores.numpy().tolist()


def translator_of_files(files):
    """Returns the `Translator` of a list of `ModelFiles`. The command line reads them before it imports TensorFlow."""
    return Translator._of_files(files)
