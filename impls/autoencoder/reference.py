"""The stacked auto-encoder in plain NumPy (slide 4)."""

import numpy as np

from impls.autoencoder.spec import Spec
from impls.interface import Params


def logits(spec: Spec, params: Params, image: np.ndarray) -> np.ndarray:
    """(batch, height, width, channel) -> (batch, height, width, channel).

    float64. Every layer is sigmoid(W x + b): encoders from the image
    inwards, decoders outwards again.
    """
    x = np.asarray(image, np.float64)
    x = x.reshape(len(x), -1)  # (batch, feature)
    encoders = [f"hidden.{n}" for n in range(spec.depth)]
    decoders = [f"decoder.{n}" for n in reversed(range(spec.depth))]
    for layer in encoders + decoders:
        x = sigmoid(x @ params[f"{layer}.kernel"] + params[f"{layer}.bias"])
    return x.reshape(np.shape(image))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), element by element: (...) -> (...)."""
    return 1 / (1 + np.exp(-x))
