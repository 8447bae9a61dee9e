"""Corpora that are part of the library."""
