"""Arrays as PNG pictures in data URIs."""

import base64
import io

import numpy as np
from PIL import Image

COLD, MIDDLE, WARM = (
    np.array(color, float)
    for color in ((49, 84, 166), (247, 246, 243), (190, 60, 28))
)


def png(pixels: np.ndarray) -> bytes:
    """(height, width) grays or (height, width, 3) colors, 8 bits each.

    Raises ValueError for another shape or type.
    """
    shaped = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not shaped or not pixels.size:
        raise ValueError(
            f"pixels are {pixels.dtype} {pixels.shape}: expected uint8"
            f" (height, width) or (height, width, 3)"
        )
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    return content.getvalue()


def uri(pixels: np.ndarray) -> str:
    """A picture as an address that holds its bytes."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def grays(values: np.ndarray) -> np.ndarray:
    """(height, width) from 0 and below (black) to the largest (white)."""
    highest = float(values.max())
    scaled = np.clip(values / highest if highest > 0 else 0 * values, 0, 1)
    return _bytes(255 * scaled)


def signed(values: np.ndarray) -> np.ndarray:
    """(height, width) -> colors: blue below 0, red above, 0 near white."""
    largest = float(np.abs(values).max()) or 1.0
    share = np.clip(values / largest, -1, 1)[..., None]
    far = np.where(share < 0, COLD, WARM)
    mixed = MIDDLE + np.abs(share) * (far - MIDDLE)
    return _bytes(mixed)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.round(values).astype(np.uint8)
