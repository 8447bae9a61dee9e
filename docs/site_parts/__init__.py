"""The parts of `docs/make_site.py`: pages, links, Markdown's dialect, formulas, the API, and the check of links."""
