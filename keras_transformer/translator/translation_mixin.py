from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from keras_transformer.errors import InputError
from keras_transformer.generation import SearchSettings
from keras_transformer.generation.search_settings import BATCH_SIZE
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.masking import Masking
from keras_transformer.text.placeholder_counts import PlaceholderCounts
from keras_transformer.text.sentences import translate_sentences
from keras_transformer.text.text_batches import check_finite, checked_texts
from keras_transformer.translator.search_texts import search_texts


class TranslationMixin:
    """The method `translate` of `Translator`."""

    @overload
    def translate(
        self,
        texts: Sequence[str],
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: None = None,
        batch_size: int = BATCH_SIZE,
        return_scores: Literal[False] = False,
        progress: Callable[[int], object] | None = None,
        split_sentences: bool = False,
        settings: None = None,
        prefixes: Sequence[str] | None = None,
        glossary: Glossary | None = None,
        counts: PlaceholderCounts | None = None,
        fixed_batches: bool = False,
        sentence_pairs: list | None = None,
    ) -> list[str]: ...

    @overload
    def translate(
        self,
        texts: Sequence[str],
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        batch_size: int = BATCH_SIZE,
        *,
        return_scores: Literal[True],
        progress: Callable[[int], object] | None = None,
        split_sentences: bool = False,
        settings: SearchSettings | None = None,
        prefixes: Sequence[str] | None = None,
        glossary: Glossary | None = None,
        counts: PlaceholderCounts | None = None,
        fixed_batches: bool = False,
        sentence_pairs: list | None = None,
    ) -> tuple[list[Any], list[Any]]: ...

    @overload
    def translate(
        self,
        texts: Sequence[str],
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        batch_size: int = BATCH_SIZE,
        return_scores: bool = False,
        progress: Callable[[int], object] | None = None,
        split_sentences: bool = False,
        settings: SearchSettings | None = None,
        prefixes: Sequence[str] | None = None,
        glossary: Glossary | None = None,
        counts: PlaceholderCounts | None = None,
        fixed_batches: bool = False,
        sentence_pairs: list | None = None,
    ) -> Any: ...

    def translate(
        self,
        texts: Sequence[str],
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        batch_size: int = BATCH_SIZE,
        return_scores: bool = False,
        progress: Callable[[int], object] | None = None,
        split_sentences: bool = False,
        settings: SearchSettings | None = None,
        prefixes: Sequence[str] | None = None,
        glossary: Glossary | None = None,
        counts: PlaceholderCounts | None = None,
        fixed_batches: bool = False,
        sentence_pairs: list | None = None,
    ) -> Any:
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
            prefixes: the beginning of each translation, a string for each text, in the vocabulary's normalisation. An
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

        Example:

        >>> translations, scores = translator.translate(["나는 어제 카페에 갔다."], return_scores=True)
        >>> translations
        ['I went to the cafe yesterday.']
        """
        texts = checked_texts(texts)
        settings = SearchSettings.of(settings, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best)
        settings = settings.with_n_best(settings.n_best or 1).of_model(self.config)
        options: dict[str, Any] = {"batch_size": batch_size, "fixed_batches": fixed_batches}
        if split_sentences:
            if settings.n_best > 1:
                raise InputError(f"`n_best` must be 1 with `split_sentences`. Received: n_best={settings.n_best}.")
            if prefixes is not None:
                raise InputError("`prefixes` exclude `split_sentences`, because they are of whole texts. Remove one.")
            options |= {"settings": settings, "glossary": glossary, "counts": counts}
            found = self._translate_sentences(texts, progress, sentence_pairs, options)
            return found if return_scores else found[0]
        masking = Masking(self.tokenizers, texts, glossary, copies=prefixes is None)
        search = self._generator, self.tokenizers, masking, settings
        translations, scores = search_texts(*search, prefixes=prefixes, progress=progress, **options)
        check_finite(row[0] for row in scores)
        translations = masking.restored(translations, scores, counts)
        if settings.n_best == 1:
            translations, scores = ([row[0] for row in table] for table in (translations, scores))
        return (translations, scores) if return_scores else translations

    def _translate_sentences(self, texts, progress, sentence_pairs, options):
        """Returns the translations and scores of texts, each translated sentence by sentence."""

        def translate(sentences):
            each = len(texts) / max(1, len(sentences))
            report = progress and (lambda count: progress(count * each))
            return self.translate(sentences, return_scores=True, progress=report, **options)

        is_one_token = self.tokenizers.source.is_one_token
        return translate_sentences(translate, texts, self.texts, sentence_pairs, is_one_token)
