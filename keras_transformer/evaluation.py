import sacrebleu

# sacreBLEU's, less those that want packages of their own.
TOKENIZERS = ("13a", "none", "intl", "char", "zh")


def corpus_scores(translations, references, tokenize="13a", lowercase=False):
    """BLEU and chrF of a text, by sacreBLEU.

    Args:
        translations: a list of strings.
        references: a list of as many strings.
        tokenize: sacreBLEU's tokenization, one of `TOKENIZERS`. Default "13a".
        lowercase: whether case is ignored. Default False.

    Returns:
        A dictionary of `bleu` and `chrf`, from 0 to 100, and BLEU's `signature`.

    Reference:
        Post 2018 (arXiv 1804.08771).
    """
    # `force` keeps sacreBLEU from warning that text with " ." looks tokenised: `tokenize` is the user's choice.
    bleu = sacrebleu.BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
    bleu_score = bleu.corpus_score(translations, [references])
    chrf_score = sacrebleu.CHRF(lowercase=lowercase).corpus_score(translations, [references])
    return {
        "bleu": round(bleu_score.score, 4),
        "chrf": round(chrf_score.score, 4),
        "signature": str(bleu.get_signature()),
    }


class SentenceQuality:
    """How good single translations are, from 0 to 1: the weighted mean of their sentence BLEU and chrF, by sacreBLEU.

    BLEU alone rewards what is short, and chrF, which looks for what is missing, what is long. BLEU's counts of n-grams
    above single words are smoothed by one (Lin and Och 2004).

    Args:
        tokenize: sacreBLEU's tokenization, one of `TOKENIZERS`. Default "13a".
        chrf: the weight of chrF, from 0 to 1; BLEU has the rest. Default 0.5.
        lowercase: whether case is ignored. Default False.

    Call arguments:
        translation: a string.
        reference: a string.

    Returns:
        A float.
    """

    def __init__(self, tokenize="13a", chrf=0.5, lowercase=False):
        self._weight = chrf
        self._bleu = sacrebleu.BLEU(
            tokenize=tokenize, lowercase=lowercase, smooth_method="add-k", smooth_value=1, effective_order=True
        )
        self._chrf = sacrebleu.CHRF(lowercase=lowercase)

    def __call__(self, translation, reference):
        bleu, chrf = (metric.sentence_score(translation, [reference]).score for metric in (self._bleu, self._chrf))
        return ((1 - self._weight) * bleu + self._weight * chrf) / 100
