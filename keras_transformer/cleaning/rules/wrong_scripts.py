from keras_transformer.cleaning.character_scripts import count_scripts
from keras_transformer.cleaning.rules.applied_rule import of_both_sides

# Their characters are as long as two letters or more. Foreign names have more letters.
_WEIGHTS = dict.fromkeys(("Hang", "Hani", "Hira", "Kana"), 2)


def wrong_scripts(settings, facts):
    """Drops pairs with a side that has more letters of other scripts than of those of its language.

    Korean, Chinese and Japanese characters count twice. A text without letters, such as a number, is kept.
    """
    checks = [_check_of(scripts) for scripts in facts.scripts]
    missing = [side for side, scripts in zip(("source", "target"), facts.scripts, strict=True) if not scripts]
    rule = of_both_sides(*checks)
    return rule._replace(note=f"the {' and the '.join(missing)} has no letters") if missing else rule


def _check_of(expected):
    """Returns the check of one side."""

    def check(text):
        if not expected or ("Latn" in expected and text.isascii()):
            return None
        counts = count_scripts(text)
        fitting = sum(counts[script] * _WEIGHTS.get(script, 1) for script in expected if script in counts)
        other = sum(count for script, count in counts.items() if script not in expected)
        if fitting >= other:
            return None
        most = max((script for script in counts if script not in expected), key=counts.get)
        return f"has {other} letters that are not {' or '.join(sorted(expected))} but {most}"

    return check
