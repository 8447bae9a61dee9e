from keras_transformer.cleaning.rules.applied_rule import of_both_sides
from keras_transformer.text.blank import is_blank


def empty_sides(settings, facts):
    """Drops pairs with a side that is empty or has only invisible characters."""
    return of_both_sides(lambda text: "is empty" if is_blank(text) else None)
