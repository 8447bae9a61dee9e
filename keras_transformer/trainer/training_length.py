"""The length of a training in steps and epochs."""


def total_steps(training, optimizer_steps_per_epoch):
    """Returns the number of optimizer steps of the training.

    Args:
        training: the `[training]` section.
        optimizer_steps_per_epoch: number of optimizer steps of an epoch.
    """
    return training.steps or training.epochs * optimizer_steps_per_epoch


def total_epochs(training, optimizer_steps_per_epoch):
    """Returns the number of epochs of the training. The last one can be shorter. See `total_steps` for arguments."""
    return training.epochs or -(-training.steps // optimizer_steps_per_epoch)
