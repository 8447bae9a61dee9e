"""Reads and writes model folders, for `Translator.save` and `Translator.load`."""
