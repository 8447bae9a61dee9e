import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import lock_of_training
from keras_transformer.generation import Generator
from keras_transformer.generation.pair_aligner import PairAligner
from keras_transformer.generation.pair_scorer import PairScorer
from keras_transformer.generation.search_settings import BATCH_SIZE
from keras_transformer.generation.shortlist import Shortlist
from keras_transformer.models.ensemble import Ensemble, config_of
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.saving.load_models import models_of_files
from keras_transformer.saving.model_folder import save_model_folder
from keras_transformer.saving.shortlist_file import load_shortlist, save_shortlist
from keras_transformer.text import TextFacts, Tokenizers
from keras_transformer.text.direction import Direction
from keras_transformer.text.token_rows import deprecated_token_rows
from keras_transformer.translator.export_mixin import ExportMixin
from keras_transformer.translator.import_mixin import ImportMixin
from keras_transformer.translator.translation_mixin import TranslationMixin

if TYPE_CHECKING:
    import keras

    from keras_transformer.text.tokenizer import Tokenizer


class Translator(TranslationMixin, ImportMixin, ExportMixin):
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

    @overload
    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        batch_size: int = BATCH_SIZE,
        return_tokens: Literal[False] = False,
        progress: Callable[[int], object] | None = None,
    ) -> list[float]: ...

    @overload
    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        batch_size: int = BATCH_SIZE,
        *,
        return_tokens: Literal[True],
        progress: Callable[[int], object] | None = None,
    ) -> tuple[list[float], list[int]]: ...

    @overload
    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        batch_size: int = BATCH_SIZE,
        return_tokens: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> Any: ...

    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        batch_size: int = BATCH_SIZE,
        return_tokens: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> Any:
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

        Example:

        >>> pairs = [("나는 어제 카페에 갔다.", target) for target in ("I went to the cafe yesterday.", "It is a cat.")]
        >>> right, wrong = translator.score(pairs)
        >>> right > wrong
        True
        """
        scores, num_tokens = self._scorer.score(pairs, batch_size, progress)
        return (scores, num_tokens) if return_tokens else scores

    def align(
        self,
        pairs: Sequence[tuple[str, str]],
        layer: int | None = None,
        batch_size: int = BATCH_SIZE,
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

        Example:

        >>> translator.save("models/copy")
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

        Example:

        >>> kt.Translator.load("models/phrases").config.hidden_dim
        32
        """
        return cls._of_files(read_ensemble_files(path, Direction(source_language, target_language)))

    @classmethod
    def _of_files(cls, files):
        """Loads the translator of a list of `ModelFiles`."""
        model, tokenizers, texts = models_of_files(files)
        return cls(model, tokenizers, texts=texts, shortlist=load_shortlist(files[0].path, config_of(model)))

    token_rows = deprecated_token_rows


def translator_of_files(files):
    """Returns the `Translator` of a list of `ModelFiles`. The command line reads them before it imports TensorFlow."""
    return Translator._of_files(files)
