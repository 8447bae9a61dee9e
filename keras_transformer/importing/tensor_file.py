import abc

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import check_regular


class TensorFile(abc.ABC):
    """A file of tensors, which are read one at a time.

    Args:
        path: the file.

    Attributes:
        tensors: the `StoredTensor` of each name, as the subclass finds them.
    """

    def __init__(self, path):
        check_regular(path)
        self.path = path
        self.tensors = self._find_tensors()

    def read(self, name, rows=None):
        """Returns a tensor, or a `slice` of its rows, as a float32 array."""
        with open(self.path, "rb") as file:
            try:
                return self.tensors[name].read(file, rows)
            except ValueError as error:
                raise InputError(f"{self.path}: {name}: {error}.") from None

    @abc.abstractmethod
    def _find_tensors(self):
        """Returns the `StoredTensor` of each name, or raises an `InputError` if the file is damaged."""
