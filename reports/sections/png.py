"""Arrays as PNG pictures in data URIs."""

import base64
import io

import numpy as np
from PIL import Image

COLD, MIDDLE, WARM = (
    np.array(color, float)
    for color in ((49, 84, 166), (247, 246, 243), (190, 60, 28))
)


def uri(pixels: np.ndarray) -> str:
    """(height, width[, 3]) of 8 bits -> an address that holds a PNG."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    text = base64.b64encode(content.getvalue()).decode()
    return f"data:image/png;base64,{text}"


def grays(values: np.ndarray) -> np.ndarray:
    """(height, width) from 0 and below (black) to the largest (white)."""
    highest = float(values.max())
    scaled = np.clip(values / highest if highest > 0 else 0 * values, 0, 1)
    return np.round(255 * scaled).astype(np.uint8)


def signed(values: np.ndarray) -> np.ndarray:
    """(height, width) -> colors: blue below 0, red above, 0 near white."""
    largest = float(np.abs(values).max()) or 1.0
    share = np.clip(values / largest, -1, 1)[..., None]
    far = np.where(share < 0, COLD, WARM)
    return np.round(MIDDLE + np.abs(share) * (far - MIDDLE)).astype(np.uint8)
