import warnings

import keras
from keras import ops


class MetricSpecs:
    """What a model's metrics are called with, by which a fresh process can build them before the first batch.

    Attributes:
        specs: types and shapes of labels, outputs and sample weights, as JSON can hold them; None until a step was
            traced.
    """

    def __init__(self):
        self.specs = None

    def begin(self, model):
        """Has the model note what its metrics are called with, which a step does once, when it is traced."""
        self.end(model)
        compute_metrics = model.compute_metrics

        def noting(x, y, y_pred, sample_weight=None):
            self.specs = keras.tree.map_structure(_spec, [y, y_pred, sample_weight])
            return compute_metrics(x, y, y_pred, sample_weight)

        # Past Keras's own attributes: this one is no part of the model.
        vars(model)["compute_metrics"] = noting
        # A step that was traced in an earlier `fit` would not note anything.
        model.make_train_function(force=True)

    def end(self, model):
        """Leaves the model as it was."""
        vars(model).pop("compute_metrics", None)

    def restore(self, model, arrays):
        """Gives the metrics what they had counted; Keras would make those that are compiled at the first batch.

        Where that cannot be, a warning says so, and they count from here.

        Args:
            model: the compiled model.
            arrays: the values of the metrics' variables.
        """
        try:
            if self.specs:
                zeros = keras.tree.map_structure(_zeros, self.specs)
                type(model).compute_metrics(model, None, *zeros)
                if not _fit(model, arrays):  # The loss of several outputs has metrics, too.
                    model.compute_loss(None, *zeros)
                model.reset_metrics()
            fits = _fit(model, arrays)
        except Exception:  # Of metrics of whatever kind; the training itself goes on to the bit.
            fits = False
        if not fits:
            warnings.warn(
                "The metrics of the epoch that was interrupted cannot be taken up: they count from here.", stacklevel=2
            )
            return
        for variable, array in zip(model.metrics_variables, arrays, strict=True):
            variable.assign(in_precision_of(variable, array))


def _fit(model, arrays):
    """Whether the metrics have the variables of these values."""
    return [tuple(variable.shape) for variable in model.metrics_variables] == [array.shape for array in arrays]


def _spec(tensor):
    """The type and the shape of a tensor as text, such as "int32 8 -1", -1 where a size is not known; None of none."""
    shape = getattr(tensor, "shape", None)
    if shape is None or getattr(shape, "rank", 0) is None:
        return None
    sizes = (-1 if size is None else size for size in shape)
    return " ".join([keras.backend.standardize_dtype(tensor.dtype), *map(str, sizes)])


def _zeros(spec):
    """A tensor of a `_spec`."""
    if spec is None:
        return None
    dtype, *sizes = spec.split()
    return ops.zeros([1 if size == "-1" else int(size) for size in sizes], dtype)


def in_precision_of(variable, array):
    """NumPy's files know no bfloat16 and give its bytes back."""
    return array.view(ops.convert_to_numpy(variable).dtype) if array.dtype.kind == "V" else array
