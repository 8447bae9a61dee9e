"""Compressed text, atomic writes of files, reads with size limits, and locks of folders."""
