def markdown_table(rows):
    """Returns the lines of a Markdown table.

    Args:
        rows: the header and the rows below it, sequences with the same number of cells. Cells can be "".

    Returns:
        A list of strings.
    """
    header, *body = [f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [header, "|---" * len(rows[0]) + "|", *body]
