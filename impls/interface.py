"""The contract between the models, the three frameworks and the suite."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

Shape = tuple[int, ...]
Params = dict[str, np.ndarray]


class Batch(NamedTuple):
    """NumPy arrays, or device arrays once placed."""

    inputs: tuple[Any, ...]  # what the model is called with, in order
    targets: Any  # (batch, ...)
    weights: Any  # 1 where a target counts, 0 where it is padding
    masks: Any = None  # dropout layer's path -> 1 keep, 0 drop; None: drawn


class Spec(Protocol):
    """Sizes of one model: a frozen dataclass, NumPy only.

    It may have two methods more, read by `masks` and `initial` below.
    """

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape, in reading order."""

    def flops(self) -> int:
        """Floating-point operations of the forward pass of one example."""

    def example(self, size: int, seed: int = 0) -> Batch:
        """A batch of `size` random examples that the model accepts."""


@dataclass(frozen=True)
class Setting:
    """How a Runner trains and where: the same words in all frameworks."""

    objective: str = "classes"  # classes | binary | reconstruction
    optimiser: str = "adam"  # adam | sgd
    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7  # added after bias correction
    mode: str = ""  # one of the framework's MODES
    precision: str = "float32"  # float32 | float64 | bfloat16
    device: str = "cpu"  # cpu | cuda
    seed: int = 0
    deterministic: bool = True


class Runner(Protocol):
    """One model and its optimiser on one device.

    It starts from `init.draw(spec, setting.seed)`.
    """

    def load(self, params: Params) -> None:
        """Overwrite parameters by canonical name and reset the optimiser.

        Raises ValueError naming what is missing, unknown or misshapen.
        """

    def params(self) -> Params:
        """Copy the parameters out, by canonical name and layout."""

    def place(self, batch: Batch) -> Batch:
        """The only transfer to the device."""

    def scores(self, batch: Batch) -> np.ndarray:
        """Forward in evaluation mode: (batch, ...) scores before softmax."""

    def gradients(self, batch: Batch) -> tuple[float, Params]:
        """Loss in training mode and its gradient by canonical name.

        Of what is trained: no statistic, nothing frozen. Updates nothing.
        """

    def train_step(self, batch: Batch) -> Any:
        """One update; loss and accuracy (2,) stay on the device.

        Accuracy is NaN where the objective has none: reconstruction.
        """

    def eval_step(self, batch: Batch) -> Any:
        """Loss and accuracy (2,) in evaluation mode, on the device."""

    def fetch(self, steps: list[Any]) -> np.ndarray:
        """Bring what steps returned to the host: (step, 2) float64."""

    def compile(self, batch: Batch) -> None:
        """Trace and compile the train step; change no parameter."""

    def compilations(self) -> int | None:
        """Programs compiled so far; None where the mode compiles none."""

    def freeze(self, names: list[str]) -> None:
        """Parameters that no step may change; resets the optimiser.

        Their gradient is not computed and the optimiser keeps nothing for
        them. A normalisation whose `mean` and `variance` are frozen
        normalises by them in training as well. Raises ValueError for an
        unknown name, and where nothing is left to train.
        """

    def memory(self) -> dict[str, Any]:
        """`peak_bytes`, `reserved_bytes`: None, with `reason`, if unknown."""

    def static_bytes(self) -> dict[str, Any]:
        """`static_bytes` of the compiled train step, None with `reason`.

        What its compiler has laid out: parameters, moments, batch, what
        lies between, and results that take no argument's place.
        """

    def matmul(self, size: int) -> Callable[[], None]:
        """A call that multiplies two size x size matrices and waits."""

    def versions(self) -> dict[str, str]:
        """Library -> version, of everything that computes here."""

    def wait(self) -> None:
        """Return once the device is idle."""


STATISTICS = ("mean", "variance")  # leaves that training moves, not descent


def trained(names: Iterable[str]) -> list[str]:
    """Names of parameters that have a gradient: all but statistics."""
    return [n for n in names if n.rpartition(".")[2] not in STATISTICS]


def masks(spec: Spec) -> dict[str, Shape]:
    """Dropout layer's path -> shape of one example's mask; {}: no dropout."""
    return spec.masks() if hasattr(spec, "masks") else {}


def initial(spec: Spec) -> Params:
    """Parameters that the model is given at first, instead of drawn ones."""
    return spec.initial() if hasattr(spec, "initial") else {}
