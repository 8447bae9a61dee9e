"""Hangul syllables of two or three letters (jamo), composed by arithmetic instead of 205,758 rules.

Reference:
    The Unicode Standard, 3.12, Conjoining Jamo Behavior.
"""

SYLLABLE_BASE = 0xAC00
NUM_SYLLABLES, NUM_VOWELS, NUM_TAILS = 11172, 21, 28
# Roles: 1 to 19 are initial consonants, VOWEL + 0 to 20 are vowels, TAIL + 1 to 27 are final consonants.
INITIAL, VOWEL, TAIL = 1, 32, 64


def jamo_roles(rules):
    """Returns the roles of letters, and the rules that arithmetic replaces.

    Args:
        rules: a dictionary from string to string, normalisation rules.

    Returns:
        A dictionary from characters to roles, and the set of the keys of the rules. Both are empty if the rules do not
        compose exactly all combinations of the letters.
    """
    syllables = {
        key: ord(result) - SYLLABLE_BASE
        for key, result in rules.items()
        if len(key) in (2, 3) and len(result) == 1 and 0 <= ord(result) - SYLLABLE_BASE < NUM_SYLLABLES
    }
    initials, vowels, tails = {}, {}, {}
    for key, number in syllables.items():
        initials[key[0]] = number // NUM_TAILS // NUM_VOWELS
        vowels[key[1]] = number // NUM_TAILS % NUM_VOWELS
        if len(key) == 3:
            tails[key[2]] = number % NUM_TAILS
    expected = {}
    for initial, first in initials.items():
        for vowel, second in vowels.items():
            start = (first * NUM_VOWELS + second) * NUM_TAILS
            expected[initial + vowel] = start
            for tail, third in tails.items():
                expected[initial + vowel + tail] = start + third
    is_disjoint = len({*initials, *vowels, *tails}) == len(initials) + len(vowels) + len(tails)
    # A longer rule with the same first letter could have priority.
    others = {key[0] for key in rules if len(key) > 1 and key not in syllables}
    if expected != syllables or not is_disjoint or others & initials.keys():
        return {}, set()
    roles = {letter: INITIAL + number for letter, number in initials.items()}
    roles |= {letter: VOWEL + number for letter, number in vowels.items()}
    roles |= {letter: TAIL + number for letter, number in tails.items()}
    return roles, set(syllables)
