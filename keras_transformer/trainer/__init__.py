"""The training that a recipe describes."""
