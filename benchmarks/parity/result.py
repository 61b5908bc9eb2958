"""What one parity check compares."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from impls.interface import Params


@dataclass
class Result:
    """The arrays of one check: of the implementation and the reference."""

    check: str
    actual: Params = field(default_factory=dict)
    expected: Params = field(default_factory=dict)

    def add(self, name: str, actual: Any, expected: Any) -> None:
        """Add an array that both have computed."""
        self.actual[name] = np.asarray(actual)
        self.expected[name] = np.asarray(expected)
