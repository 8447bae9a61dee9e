def pharaoh(links):
    """Returns the links of `Translator.align` as text in the Pharaoh format, such as "0-0 1-2"."""
    return " ".join(f"{source}-{target}" for source, target in links)
