from keras_transformer.cleaning.rules.broken_encodings import broken_encodings
from keras_transformer.cleaning.rules.copies import copied_text
from keras_transformer.cleaning.rules.duplicates import duplicate_pair, duplicate_source, duplicate_target
from keras_transformer.cleaning.rules.empty_sides import empty_sides
from keras_transformer.cleaning.rules.length_ratios import length_ratios
from keras_transformer.cleaning.rules.markups import markup
from keras_transformer.cleaning.rules.wrong_languages import wrong_languages
from keras_transformer.cleaning.rules.wrong_scripts import wrong_scripts

# In the order in which they are applied. The first rule that matches drops the pair. Duplicates are last, so that the
# first pair that passes the other rules is kept.
RULES = {
    "empty": empty_sides,
    "encoding": broken_encodings,
    "markup": markup,
    "copy": copied_text,
    "script": wrong_scripts,
    "language": wrong_languages,
    "length_ratio": length_ratios,
    "duplicate": duplicate_pair,
    "duplicate_source": duplicate_source,
    "duplicate_target": duplicate_target,
}
# The rule of rows of a TSV file that have another number of columns. It is part of the reading.
COLUMNS = "columns"
