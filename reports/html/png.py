"""Arrays as PNG pictures in data URIs: standard library and NumPy only."""

import base64
import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB = 0, 2  # PNG's kinds of colour
COLD, MIDDLE, WARM = (
    np.array(colour, float)
    for colour in ((49, 84, 166), (247, 246, 243), (190, 60, 28))
)


def png(pixels: np.ndarray) -> bytes:
    """(height, width) greys or (height, width, 3) colours, 8 bits each.

    Raises ValueError for another shape or type.
    """
    kinds = {2: GREY, 3: RGB}
    right = pixels.ndim in kinds and pixels.shape[2:] in ((), (3,))
    if pixels.dtype != np.uint8 or not right or not pixels.size:
        raise ValueError(
            f"pixels are {pixels.dtype} {pixels.shape}: expected uint8"
            f" (height, width) or (height, width, 3)"
        )
    height, width = pixels.shape[:2]
    head = struct.pack(
        ">IIBBBBB", width, height, 8, kinds[pixels.ndim], 0, 0, 0
    )
    rows = pixels.reshape(height, -1)
    filtered = np.insert(rows, 0, 0, axis=1)  # each row begins: no filter
    body = zlib.compress(filtered.tobytes(), 9)
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def uri(pixels: np.ndarray) -> str:
    """A picture that a page holds in itself."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def greys(values: np.ndarray, top: float | None = None) -> np.ndarray:
    """(height, width) from 0 (black) to `top`, the largest, (white)."""
    highest = float(values.max()) if top is None else top
    scaled = np.clip(values / highest if highest > 0 else 0 * values, 0, 1)
    return _bytes(255 * scaled)


def signed(values: np.ndarray) -> np.ndarray:
    """(height, width) -> colours: blue below 0, red above, 0 near white."""
    largest = float(np.abs(values).max()) or 1.0
    share = np.clip(values / largest, -1, 1)[..., None]
    far = np.where(share < 0, COLD, WARM)
    mixed = MIDDLE + np.abs(share) * (far - MIDDLE)
    return _bytes(mixed)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.round(values).astype(np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
