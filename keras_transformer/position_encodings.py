"""The sinusoidal position encodings as NumPy arrays."""

import numpy as np

# The frequencies of the paper, and those of tensor2tensor, which fairseq and OpenNMT-tf have as well.
POSITION_FREQUENCIES = ("paper", "tensor2tensor")


def sinusoidal_positions(length, hidden_dim):
    """Computes the encodings P[pos, 2i] = sin(pos / 10000^(2i/d)), P[pos, 2i+1] = cos(pos / 10000^(2i/d)).

    Args:
        length: number of positions.
        hidden_dim: the width d.

    Returns:
        NumPy array `(length, hidden_dim)`, float32, computed in float64.

    Reference:
        "Attention Is All You Need", section 3.5.
    """
    angles = np.arange(length)[:, np.newaxis] / np.power(10000.0, np.arange(0, hidden_dim, 2) / hidden_dim)
    positions = np.empty((length, hidden_dim), "float32")
    positions[:, 0::2] = np.sin(angles)
    positions[:, 1::2] = np.cos(angles[:, : hidden_dim // 2])
    return positions


def position_table(length, hidden_dim, first=0, frequencies="paper"):
    """Returns the encodings of some positions.

    Args:
        length: number of positions.
        hidden_dim: the width d.
        first: the first position. Default 0.
        frequencies: "paper" (default) for `sinusoidal_positions`, or "tensor2tensor" for the exponents 2i/(d-2), whose
            lowest frequency is 1/10000. They need an even width of at least 4.

    Returns:
        NumPy array `(length, hidden_dim)`, float32, computed in float64.
    """
    if frequencies == "paper":
        return sinusoidal_positions(first + length, hidden_dim)[first:]
    exponents = np.arange(0, hidden_dim, 2) / (hidden_dim - 2)
    angles = np.arange(first, first + length)[:, np.newaxis] / np.power(10000.0, exponents)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(length, hidden_dim).astype("float32")
