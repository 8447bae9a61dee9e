"""Sums over the replicas of `tf.distribute`, for losses that are means over all tokens of the whole batch.

On JAX and PyTorch, and without a strategy, a loss sees the whole batch, and there is nothing to add.

Reference:
    https://www.tensorflow.org/tutorials/distribute/custom_training, "Define the loss function".
"""

import keras
from keras import ops

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def sum_over_replicas(tensor):
    """The sum of a tensor over all replicas, without a gradient; the tensor itself where there is one replica.

    Args:
        tensor: a tensor of one shape in all replicas.
    """
    if _num_replicas() == 1:
        return tensor
    total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tensor)
    return ops.stop_gradient(total)


def loss_of_replicas(share):
    """The loss of a replica, given its share of the loss of the whole batch.

    Keras sums the gradients of the replicas. It reports the mean of their losses by rows, times their number. So the
    gradient is that of the share, and the value is the same in every replica: the whole loss over their number.

    Args:
        share: a scalar; the shares of all replicas add up to the loss of the whole batch.

    Returns:
        A scalar; `share` itself where there is one replica.
    """
    num_replicas = _num_replicas()
    if num_replicas == 1:
        return share
    return share + ops.stop_gradient(sum_over_replicas(share) / num_replicas - share)


def _num_replicas():
    """The number of replicas whose parts of a batch are computed now; 1 where the batch is whole."""
    if keras.backend.backend() != "tensorflow":
        return 1
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync
