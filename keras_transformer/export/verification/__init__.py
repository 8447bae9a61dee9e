"""The proof of an artifact: it runs in a fresh process and is compared with the model."""
