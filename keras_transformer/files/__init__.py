"""Atomic writes of files, reads with size limits, and locks of folders."""
