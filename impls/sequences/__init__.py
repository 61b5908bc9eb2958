"""LSTM, masking and attention, shared by sequence models.

Symbols 0 to 3 have the same meaning in all vocabularies. A mask is True at
valid steps. Padding follows the valid steps; lengths, not symbols, mark where
it begins.
"""

import numpy as np

from impls.interface import Shape

PADDING, START, END, UNKNOWN = 0, 1, 2, 3


def lstm(name: str, inputs: int, hidden: int) -> dict[str, Shape]:
    """Canonical name -> shape; gates: input, forget, cell, output."""
    return {
        f"{name}.kernel": (inputs, 4 * hidden),
        f"{name}.recurrent_kernel": (hidden, 4 * hidden),
        f"{name}.bias": (4 * hidden,),
    }


def dense(name: str, inputs: int, units: int) -> dict[str, Shape]:
    """Canonical name -> shape."""
    return {f"{name}.kernel": (inputs, units), f"{name}.bias": (units,)}


def products(shapes: dict[str, Shape]) -> dict[str, int]:
    """Kernel -> floating-point operations per input row."""
    return {
        name: 2 * shape[0] * shape[1]
        for name, shape in shapes.items()
        if name.endswith("kernel")
    }


def lengths(size: int, time: int, random: np.random.Generator) -> np.ndarray:
    """Random lengths of sentences, the last one full: (size,)."""
    drawn = random.integers(1, time + 1, size, np.int32)
    drawn[-1] = time
    return drawn
