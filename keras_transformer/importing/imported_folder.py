from keras_transformer import models
from keras_transformer.errors import InputError
from keras_transformer.saving.written_folder import save_streamed_folder


class ImportedFolder:
    """A folder of another toolkit, checked as far as possible without reading the weights.

    Args:
        weights: its `TransformersWeights`.
        vocabulary: its `ImportedVocabulary`.
        config: the `TransformerConfig`.
        texts: the `TextFacts`.
    """

    def __init__(self, weights, vocabulary, config, texts):
        self._weights = weights
        self.vocabulary = vocabulary
        self.config = config
        self.tokenizers = vocabulary.tokenizers
        self.texts = texts

    def model(self):
        """Returns the Keras model.

        Raises:
            InputError: a weight is not finite.
        """
        model = models.build_transformer(self.config)
        parts = models.transformer_parts(model)
        for name, start, rows in self._weights.parts(self.vocabulary):
            variable = parts.variable(name)
            if len(rows) == variable.shape[0]:
                variable.assign(rows)
            else:
                variable.value[start : start + len(rows)].assign(rows)
        return model

    def save(self, path):
        """Writes a model folder without a Keras model, which would need the memory of the weights once more.

        Raises:
            InputError: a weight is not finite. Nothing was written.
        """
        save_streamed_folder(path, self._weights.parts(self.vocabulary), self.config, self.tokenizers, self.texts)


def check_files(folder, kind, names):
    """Raises an InputError unless a folder has the files of its kind.

    Args:
        folder: the folder, a `pathlib.Path`.
        kind: its name in messages, such as "MarianMT".
        names: the names of the files.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a {kind} folder, but it does not exist.")
    for name in names:
        if not (folder / name).is_file():
            raise InputError(f"{folder / name}: the file is missing. A {kind} folder has {', '.join(names)}.")
