"""What training does otherwise than evaluation, in plain NumPy."""

from typing import Any

import numpy as np

from impls.interface import Params


def kept(spec: Any, masks: Params | None) -> Params:
    """What each dropout of `spec` multiplies by, by its path.

    0 where a mask is 0; where it is 1, one over the share that is kept.
    Raises ValueError where units are dropped and masks are missing.
    """
    wanted = spec.masks()
    if wanted and masks is None:
        raise ValueError(f"masks: expected {list(wanted)}, came None")
    given = {name: np.asarray((masks or {})[name], float) for name in wanted}
    return {name: mask / (1 - spec.dropout) for name, mask in given.items()}
