"""The convolution of slides 7 and 8 in plain NumPy."""

import numpy as np

from impls.cnn.reference import convolve
from impls.filters.spec import Spec
from impls.interface import Params


def logits(spec: Spec, params: Params, image: np.ndarray) -> np.ndarray:
    """(batch, height, width, channel) -> (batch, row, column, filter).

    float64. The slide's activation is not applied: whoever draws a feature
    map does that.
    """
    x = np.asarray(image, np.float64)
    return convolve(x, params["first.kernel"]) + params["first.bias"]
