"""The settings and the contestants of `training_step.py`."""

import dataclasses

import numpy as np

PRESETS = {"tiny": (4, 128, 256, 4), "base": (6, 512, 2048, 8)}


@dataclasses.dataclass
class Settings:
    """The model, the batch and the precision of all contestants."""

    preset: str = "tiny"
    vocabulary_size: int = 10_000
    batch_size: int = 128
    length: int = 24
    dropout: float = 0.3
    precision: str = "float32"
    threads: int = 0
    xla: bool = False

    @property
    def giga_operations(self):
        """10^9 operations of the matrix products of a step: two for each product of two numbers, forward and twice
        backward."""
        layers, width, inner, _ = PRESETS[self.preset]
        encoder = 4 * width**2 + 2 * width * inner + 2 * self.length * width
        decoder = 8 * width**2 + 2 * width * inner + 4 * self.length * width
        token = layers * (encoder + decoder) + width * self.vocabulary_size
        return 6 * token * self.batch_size * self.length / 1e9

    def batch(self):
        """Returns the token ids of sources, targets and labels."""
        shape = (3, self.batch_size, self.length)
        return np.random.default_rng(0).integers(4, self.vocabulary_size, shape, dtype="int32")


# Module and function of each contestant. The function makes a function that runs steps and returns their milliseconds.
CONTESTANTS = {
    "keras-transformer": ("keras_steps", "of_library"),
    "keras-transformer with accuracy and perplexity": ("keras_steps", "of_library_with_metrics"),
    "keras-transformer, whole logits": ("keras_steps", "of_whole_logits"),
    "keras-nlp layers, keras-transformer's loss": ("keras_nlp_steps", "with_loss_of_library"),
    "keras-nlp layers, Keras's cross-entropy": ("keras_nlp_steps", "with_loss_of_keras"),
    "PyTorch, eager": ("torch_steps", "eager"),
    "PyTorch, torch.compile": ("torch_steps", "compiled"),
    "the products of a step at the rate of a large one": ("keras_steps", "products"),
}
