"""The model folder: what `Translator.save` writes and `Translator.load` reads."""
