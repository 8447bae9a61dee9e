def markdown_table(rows):
    """The lines of a Markdown table.

    Args:
        rows: the header and the rows below it, each a sequence of as many cells; "" for a header without words.

    Returns:
        A list of strings.
    """
    header, *body = [f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [header, "|---" * len(rows[0]) + "|", *body]
