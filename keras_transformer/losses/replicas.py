"""Sums over the replicas of `tf.distribute`, for losses that are means over all tokens of a batch.

On JAX and PyTorch, and without a strategy, a loss is computed from the whole batch and no sum is needed.

Reference:
    https://www.tensorflow.org/tutorials/distribute/custom_training, "Define the loss function".
"""

import keras
from keras import ops

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def sum_over_replicas(tensor):
    """Returns the sum of a tensor over all replicas, without a gradient, or the tensor itself for one replica.

    Args:
        tensor: a tensor with the same shape in all replicas.
    """
    if _num_replicas() == 1:
        return tensor
    total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tensor)
    return ops.stop_gradient(total)


def loss_of_replicas(share):
    """Returns the loss of a replica, given its share of the loss of the whole batch.

    Keras sums the gradients of the replicas. It reports the mean of their losses, weighted by rows, times the number of
    replicas. The returned loss therefore has the gradient of the share. Its value is the same in every replica: the
    loss of the whole batch divided by the number of replicas.

    Args:
        share: a scalar. The sum of the shares of all replicas is the loss of the whole batch.

    Returns:
        A scalar. For one replica, `share` itself.
    """
    num_replicas = _num_replicas()
    if num_replicas == 1:
        return share
    return share + ops.stop_gradient(sum_over_replicas(share) / num_replicas - share)


def _num_replicas():
    """Returns the number of replicas that share the batch, 1 without a strategy."""
    if keras.backend.backend() != "tensorflow":
        return 1
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync
