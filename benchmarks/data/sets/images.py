"""Grey images as the slides' networks take them."""

import numpy as np

SIDE = 28  # pixels
CLASSES = 10


def scaled(pixels: np.ndarray) -> np.ndarray:
    """(image, height, width) uint8 -> (image, height, width, 1) float32.

    Divided in float64 and then rounded, as the slide's program does.
    """
    shades = (np.arange(256) / 255.0).astype(np.float32)
    return shades[pixels][..., None]
