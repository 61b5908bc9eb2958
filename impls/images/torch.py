"""Feature maps in PyTorch: layout and pooling (slides 7-9)."""

from torch.nn import functional


def maps(image):
    """(batch, height, width, channel) -> (batch, channel, height, width).

    A view: the memory stays channels last, which oneDNN convolves as is.
    """
    return image.permute(0, 3, 1, 2)


def batch_first(image):
    """What `maps` laid out -> (batch, height, width, channel)."""
    return image.permute(0, 2, 3, 1)


def flatten(image):
    """What `maps` laid out -> (batch, feature): height, width, channel."""
    return image.permute(0, 2, 3, 1).reshape(image.shape[0], -1)


def max_pool(image, size):
    """The largest of every size x size window; ties go to the first."""
    return functional.max_pool2d(image, size)


def average_pool(image, size):
    """The mean of every complete size x size window."""
    return functional.avg_pool2d(image, size)


def deep_maps(image):
    """(batch, height, width, channel) -> (batch, channel, height, width).

    As `maps`: for networks whose layers have many channels.
    """
    return maps(image)


def global_pool(image):
    """What `deep_maps` laid out -> (batch, feature): every channel's mean."""
    return image.mean((2, 3))


def by_channel(norm, image):
    """A norm over all places of what `deep_maps` laid out: (...) -> (...)"""
    return norm(image)


def pooling(kind):
    """The function that a Spec's `pooling` names."""
    return {"max": max_pool, "average": average_pool}[kind]
