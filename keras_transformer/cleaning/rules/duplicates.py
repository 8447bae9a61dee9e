from keras_transformer.cleaning.rules.applied_rule import AppliedRule
from keras_transformer.cleaning.seen_texts import SeenTexts


def duplicate_pair(settings, facts):
    """Drops pairs that occurred before. White space at both ends is ignored."""
    return _first_only(lambda source, target: f"{source.strip()}\n{target.strip()}", "the pair")


def duplicate_source(settings, facts):
    """Drops pairs whose source occurred before, if the settings ask for it."""
    if not settings.unique_source:
        return AppliedRule(None, "not requested")
    return _first_only(lambda source, target: source.strip(), "the source")


def duplicate_target(settings, facts):
    """Drops pairs whose target occurred before, if the settings ask for it."""
    if not settings.unique_target:
        return AppliedRule(None, "not requested")
    return _first_only(lambda source, target: target.strip(), "the target")


def _first_only(key, name):
    seen = SeenTexts()

    def check(source, target):
        return None if seen.add(key(source, target)) else f"{name} occurred before"

    return AppliedRule(check)
