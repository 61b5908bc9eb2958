"""Dropout of the reference models in plain NumPy."""

from typing import Any

import numpy as np

from impls.interface import Params


def dropout_factors(spec: Any, masks: Params | None) -> Params:
    """Path of each dropout layer -> the factors of its units.

    0 where a mask is 0, otherwise 1 / (1 - rate). Raises ValueError if the
    model has dropout and masks are missing.
    """
    names = spec.masks()
    if names and masks is None:
        raise ValueError(f"masks: expected {list(names)}, not None")
    drawn = {name: np.asarray((masks or {})[name], float) for name in names}
    return {name: mask / (1 - spec.dropout) for name, mask in drawn.items()}
