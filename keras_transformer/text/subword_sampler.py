import array
import bisect
import functools
import itertools
import zlib

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.text.language_tokens import is_language_token

# Number of segmentations of a word to draw from, as in Kudo's experiments.
_SEGMENTATIONS = 64
# Number of cached short words, two kilobytes each.
_REMEMBERED_WORDS = 20_000
_SHORT_WORD = 24
# In text without spaces, a line is one word. Long words have fewer segmentations to draw from, and the longest words
# are not sampled, because the time to find segmentations grows with the length.
_FEWER_SEGMENTATIONS = 8
_LONGEST_WORD = 200
_SPACE = "\u2581"


class SubwordSampler:
    """Draws segmentations of text from a SentencePiece model. The same seed gives the same segmentations.

    SentencePiece's own sampling cannot be seeded equally in two processes. Pieces do not span words, so each word is
    drawn separately and the segmentations of a word are computed once. Words of more than 200 characters, and words
    with user-defined symbols or language tokens such as ">>fra<<", have their best segmentation.

    Args:
        processor: a `sentencepiece.SentencePieceProcessor`.
        sampling: for a unigram model, the exponent of the probability of a segmentation, among the 64 most probable
            ones of each word (8 for words of more than 24 characters). For a BPE model, the fraction of dropped merges.

    Reference:
        Kudo 2018 (arXiv 1804.10959), section 3; Provilkov et al. 2020 (arXiv 1910.13267), algorithm 1.
    """

    def __init__(self, processor, sampling):
        self._processor = self._normalizer = processor
        self._sampling = sampling
        model = sentencepiece_model_pb2.ModelProto.FromString(processor.serialized_model_proto())
        self._is_unigram = model.trainer_spec.model_type == model.trainer_spec.UNIGRAM
        self._unsplit = [piece.piece for piece in model.pieces if piece.type == piece.USER_DEFINED]
        self._unsplit += filter(is_language_token, (piece.piece.lstrip(_SPACE) for piece in model.pieces))
        # In a BPE model, the score of a piece is the rank of its merge, from 0 downwards.
        self._ranks = {piece.piece: -piece.score for piece in model.pieces if piece.type == piece.NORMAL}
        self._splits_words = model.normalizer_spec.add_dummy_prefix and not any(
            _SPACE in piece.piece.lstrip(_SPACE) for piece in model.pieces
        )
        if self._splits_words:
            # Words are normalised already. A second normalisation could change them.
            model.normalizer_spec.ClearField("precompiled_charsmap")
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
        self._remembered = functools.lru_cache(_REMEMBERED_WORDS)(self._segmentations_of)

    def sample(self, texts, seed):
        """Draws token ids of texts.

        Args:
            texts: a list of strings.
            seed: a whole number of at least 0.

        Returns:
            A list of lists of ids.
        """
        lines = [self._words(text) for text in texts]
        draws = iter(np.random.default_rng(seed).random(sum(map(len, lines))).tolist())
        return [list(itertools.chain.from_iterable(map(self._draw, words, draws))) for words in lines]

    def _words(self, text):
        if not self._splits_words:
            return [text]
        return [word for word in self._normalizer.normalize(text).split(_SPACE) if word]

    def _draw(self, word, draw):
        find = self._remembered if len(word) <= _SHORT_WORD else self._segmentations_of
        token_ids, bounds, shares = find(word)
        chosen = bisect.bisect(shares, draw)
        return token_ids[bounds[chosen] : bounds[chosen + 1]]

    def _segmentations_of(self, word):
        """Returns the ids of all segmentations of a word, their bounds in these ids, and cumulative probabilities.

        The cumulative probabilities, from 0 to 1, end before that of the last segmentation.
        """
        number = _SEGMENTATIONS if len(word) <= _SHORT_WORD else _FEWER_SEGMENTATIONS
        scores = [0.0]
        if len(word) > _LONGEST_WORD or any(piece in word for piece in self._unsplit):
            segmentations = [self._processor.encode(word)]
        elif self._is_unigram:
            segmentations = self._processor.nbest_encode(word, nbest_size=number)
            scores = [sum(map(self._processor.get_score, segmentation)) for segmentation in segmentations]
        else:
            generator = np.random.default_rng(zlib.crc32(word.encode()))
            segmentations = [self._merged(word, generator) for _ in range(number)]
            scores *= number
        weights = np.exp(self._sampling * (np.array(scores) - max(scores)))
        shares = (weights.cumsum() / weights.sum())[:-1].tolist()
        bounds = array.array("i", itertools.accumulate(map(len, segmentations), initial=0))
        return array.array("i", itertools.chain.from_iterable(segmentations)), bounds, array.array("d", shares)

    def _merged(self, word, generator):
        symbols = list(self._processor.normalize(word))
        while len(symbols) > 1:
            pairs = [first + second for first, second in itertools.pairwise(symbols)]
            kept = generator.random(len(pairs)) >= self._sampling
            merges = [(self._ranks[pair], at) for at, pair in enumerate(pairs) if pair in self._ranks and kept[at]]
            if not merges:
                break
            _, at = min(merges)
            symbols[at : at + 2] = [pairs[at]]
        return list(itertools.chain.from_iterable(map(self._ids_of_symbol, symbols)))

    def _ids_of_symbol(self, symbol):
        token_id = self._processor.piece_to_id(symbol)
        if token_id != self._processor.unk_id():
            return [token_id]
        bytes_ids = [self._processor.piece_to_id(f"<0x{byte:02X}>") for byte in symbol.encode()]
        return [token_id] if self._processor.unk_id() in bytes_ids else bytes_ids
