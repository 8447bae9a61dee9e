"""Export: the model in formats that other runtimes load."""
