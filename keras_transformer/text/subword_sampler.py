import bisect
import functools
import itertools
import zlib

import numpy as np

# Segmentations of a word among which is drawn, as in Kudo's experiments.
_SEGMENTATIONS = 64
# Words whose segmentations are remembered, a few kilobytes each.
_REMEMBERED_WORDS = 20_000
_SPACE = "\u2581"


class SubwordSampler:
    """Draws segmentations of text from a SentencePiece model, the same ones wherever the seed is the same.

    SentencePiece draws as well, but its generator cannot be made to begin at the same place in two processes. No piece
    spans two words, so that a line is drawn word by word, and what a word can become is found once.

    Args:
        processor: a `sentencepiece.SentencePieceProcessor`.
        sampling: for a unigram model the exponent of a segmentation's probability, among the 64 most probable of each
            word; for a BPE model the part of the merges left out.

    Reference:
        Kudo 2018 (arXiv 1804.10959), section 3; Provilkov et al. 2020 (arXiv 1910.13267), algorithm 1.
    """

    def __init__(self, processor, sampling):
        self._processor = processor
        self._sampling = sampling
        pieces = [processor.id_to_piece(token_id) for token_id in range(processor.vocab_size())]
        self._ranks = (
            None
            if _is_unigram(processor)
            else {piece: -processor.get_score(token_id) for token_id, piece in enumerate(pieces) if len(piece) > 1}
        )
        begins_with_space = processor.normalize("a").startswith(_SPACE)
        self._splits_words = begins_with_space and not any(_SPACE in piece.lstrip(_SPACE) for piece in pieces)
        self._segmentations = functools.lru_cache(_REMEMBERED_WORDS)(self._segmentations_of)

    def sample(self, texts, seed):
        """Token ids of texts.

        Args:
            texts: a list of strings.
            seed: a whole number from 0.

        Returns:
            A list of lists of ids.
        """
        lines = [self._words(text) for text in texts]
        draws = iter(np.random.default_rng(seed).random(sum(map(len, lines))).tolist())
        return [list(itertools.chain.from_iterable(map(self._draw, words, draws))) for words in lines]

    def _words(self, text):
        text = self._processor.normalize(text)
        if not self._splits_words:
            return [text] if text else []
        return [word for word in text.split(_SPACE) if word]

    def _draw(self, word, draw):
        segmentations, ends = self._segmentations(word)
        return segmentations[bisect.bisect(ends, draw)]

    def _segmentations_of(self, word):
        """What a word can become, and where the share of each in the numbers from 0 to 1 ends, the last one's apart."""
        if self._ranks:
            generator = np.random.default_rng(zlib.crc32(word.encode()))
            segmentations = [self._merged(_SPACE + word, generator) for _ in range(_SEGMENTATIONS)]
            probabilities = np.full(_SEGMENTATIONS, 1 / _SEGMENTATIONS)
        else:
            segmentations = self._processor.nbest_encode(word, nbest_size=_SEGMENTATIONS)
            scores = np.array([sum(map(self._processor.get_score, segmentation)) for segmentation in segmentations])
            probabilities = np.exp(self._sampling * (scores - scores.max()))
        return segmentations, (probabilities.cumsum() / probabilities.sum())[:-1].tolist()

    def _merged(self, word, generator):
        symbols = list(word)
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


def _is_unigram(processor):
    try:
        processor.nbest_encode("a", nbest_size=2)
    except RuntimeError:  # "NBestEncode is not available for the current model"
        return False
    return True
