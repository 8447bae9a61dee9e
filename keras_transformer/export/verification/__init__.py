"""Verification of artifacts: an artifact runs in a fresh process and is compared with the model."""
