import tensorflow as tf


def one_thread():
    """Returns a context in which graphs are traced and called for TensorFlow's executor of one thread.

    A step of the search is some hundred small operations, one after the other. TensorFlow's default executor hands many
    of them to another thread, which takes longer than the operation. Large operations still use several threads inside.
    """
    return tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR")
