# Widths of the signatures with a fixed shape, for runtimes that cannot resize inputs.
FIXED_LENGTHS = (16, 32, 64)
