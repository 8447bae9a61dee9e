"""Clean pairs by their languages, and the rule that drops a pair."""

from keras_transformer.cleaning import CleaningSettings, clean_pairs

CLEAN = {
    ("en", "de"): ("A man reads a newspaper on a bench.", "Ein Mann liest auf einer Bank eine Zeitung."),
    ("fr", "es"): ("Où est passée la clé de la maison ?", "¿Dónde está la llave de la casa?"),
    ("ko", "en"): ("나는 어제 친구와 함께 카페에 갔다.", "Yesterday I went to a café with a friend."),
    ("ar", "en"): ("ذهبت إلى المدرسة مع صديقي أمس.", "I went to school with my friend yesterday."),
    ("zh", "fr"): ("我昨天和朋友一起去了学校。", "Hier, je suis allé à l’école avec un ami."),
    ("ru", "de"): ("Мой друг живёт в большом городе.", "Mein Freund wohnt in einer großen Stadt."),
}


def rule_of(source, target, languages=("en", "de"), **settings):
    """The rule that drops the only pair of a corpus."""
    settings = CleaningSettings(*languages, **settings)
    # The ratio of the lengths is that of other pairs.
    pairs = [CLEAN.get(languages, CLEAN["en", "de"])] * 3 + [(source, target)]
    return list(clean_pairs(pairs, settings))[-1].rule
