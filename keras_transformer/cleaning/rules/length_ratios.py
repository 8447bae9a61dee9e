import math

from keras_transformer.cleaning.rules.applied_rule import AppliedRule

# Added to both lengths, because the ratios of short texts vary most.
_ADDED_CHARACTERS = 5


def length_ratios(settings, facts):
    """Drops pairs whose ratio of lengths in characters differs too much from that of the corpus."""
    largest = math.log(settings.max_length_ratio)
    typical = facts.length_ratio

    def check(source, target):
        expected = typical * len(source)
        difference = math.log((len(target) + _ADDED_CHARACTERS) / (expected + _ADDED_CHARACTERS))
        if abs(difference) <= largest:
            return None
        return f"{len(source)} and {len(target)} characters; about {expected:.0f} were expected in the target"

    return AppliedRule(check)
