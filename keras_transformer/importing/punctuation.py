"""Normalisation of punctuation in the training text of OPUS-MT, as rules of a SentencePiece model.

Moses' `normalize-punctuation` is a list of regular expressions. Rules of a SentencePiece model replace fixed strings.
The longest one is used, and its result is not replaced again. Expressions of unlimited length are therefore written out
for short strings.
"""

import itertools

from keras_transformer.text.languages import main_language

_NO_BREAK = "\u00a0"
_DIGITS = "0123456789"
_QUOTES = ("„", "“", "”", "«", "»", "´´", "’’", "‘‘", "‚‚", '"')
_APOSTROPHES = ("`", "´", "‘", "’", "‚")
_OTHERS = {"–": "-", "—": " - ", "…": "...", "''": ' " ', "``": ' " ', "(": " (", ")": ") ", "( ": " (", " )": ") "}
# Languages that write a comma before decimals, and those whose quotation marks come before a comma.
_DECIMAL_COMMAS, _QUOTE_BEFORE_COMMA = ("de", "es", "cs", "fr"), ("de", "es", "fr")
_LONGEST_RUN = 3


def punctuation_rules(language):
    """Returns the rules of a language, a dictionary from string to string.

    Args:
        language: the language tag of the source, or None.
    """
    main = main_language(language or "")
    rules = dict.fromkeys(_QUOTES[:-1], '"') | dict.fromkeys(_APOSTROPHES, "'") | _OTHERS
    rules |= {f"{before}){after}{mark}": f"){mark}" for before in ("", " ") for after in ("", " ") for mark in ".!:?;,"}
    rules |= {f" {mark}": mark for mark in ":;"} | {f"{_NO_BREAK}{mark}": mark for mark in "%:?!;"}
    rules |= {f"{_NO_BREAK}«{_NO_BREAK}": '"', f"«{_NO_BREAK}": '"', f"{_NO_BREAK}»": '"'}
    rules |= {f"{_NO_BREAK}»{_NO_BREAK}": '"', f",{_NO_BREAK}": ", "}
    rules |= {f"{digit} %": f"{digit}%" for digit in _DIGITS}
    mark = "," if main in _DECIMAL_COMMAS else "."
    rules |= {f"{one}{_NO_BREAK}{other}": f"{one}{mark}{other}" for one in _DIGITS for other in _DIGITS}
    for quote in _QUOTES:
        if main == "en":
            runs = (run for length in range(1, _LONGEST_RUN + 1) for run in itertools.product(",.", repeat=length))
            rules |= {f"{quote}{''.join(run)}": f'{"".join(run)}"' for run in runs}
        elif main in _QUOTE_BEFORE_COMMA:
            rules |= {f",{quote}": '",', f".{quote} ": '". '}
    return rules
