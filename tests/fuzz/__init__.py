"""Fuzzing of the whole library: random input against properties that always hold; README.md describes it."""
