def windows(items, text_of, most):
    """Yields lists of successive items, whose texts are sorted by length into batches together.

    Args:
        items: an iterable.
        text_of: function that returns the text of an item.
        most: maximum number of items. A list ends as well if its texts have 16 million characters.
    """
    window, characters = [], 0
    for item in items:
        window.append(item)
        characters += len(text_of(item))
        if len(window) == most or characters >= _MOST_CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window


_MOST_CHARACTERS = 1 << 24
