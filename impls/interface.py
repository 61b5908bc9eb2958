"""The contract between the models, the three frameworks and the suite."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

Shape = tuple[int, ...]
Params = dict[str, np.ndarray]


class Batch(NamedTuple):
    """NumPy arrays, or device arrays once placed."""

    inputs: tuple[Any, ...]  # what the model is called with, in order
    targets: Any  # (batch,), or (batch, time): one for every step
    weights: Any  # as targets; 1 where one counts, 0 where it is padding
    masks: Any = None  # dropout layer's path -> 1 keep, 0 drop; None: drawn


class Spec:
    """Sizes of one model and what it can do: NumPy only.

    Every model's Spec is a frozen dataclass that inherits from this one.
    """

    decodes: ClassVar[bool] = False  # has `start` and `step`
    unrolled: ClassVar[bool] = False  # has mode `loop`: steps written out
    feature_maps: ClassVar[bool] = False  # its logits are pictures
    attention: ClassVar[bool] = False  # its reference has `weights`
    training_mode: ClassVar[bool] = False  # its reference has `training`
    reads_tokens: ClassVar[bool] = False  # its input is (batch, time) tokens

    target_bound: ClassVar[str] = "classes"  # the size above all targets
    end: int = -1  # the symbol that ends a sequence; -1: none does
    limit: float | None = None  # of all initial parameters; None: see `init`
    embedding_limit: float = 0.05  # of initial embeddings, as in Keras

    def shapes(self) -> dict[str, Shape]:
        """Canonical parameter name -> canonical shape, in reading order."""
        raise NotImplementedError

    def flops(self) -> int:
        """Floating-point operations of the forward pass of one example."""
        raise NotImplementedError

    def example(self, size: int, seed: int = 0) -> Batch:
        """A batch of `size` random examples that the model accepts."""
        raise NotImplementedError

    def masks(self) -> dict[str, Shape]:
        """Dropout layer's path -> shape of one example's mask."""
        return {}

    def initial(self) -> Params:
        """Parameters that are given at first, instead of drawn ones."""
        return {}

    def state(self) -> dict[str, Shape]:
        """State that goes on between batches -> shape of one example's."""
        return {}

    def bounds(self) -> dict[str, int]:
        """Size -> number of the input whose values are below it."""
        return {"vocab": 0} if self.reads_tokens else {}


@dataclass(frozen=True)
class Setting:
    """How a Runner trains and where: the same words in all frameworks."""

    # cross_entropy | binary_cross_entropy | mse
    objective: str = "cross_entropy"
    optimizer: str = "adam"  # adam | sgd
    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7  # added after bias correction
    max_grad_norm: float | None = None  # of all gradients (Pascanu 2013)
    mode: str = ""  # one of the framework's MODES
    precision: str = "float32"  # float32 | float64 | bfloat16
    device: str = "cpu"  # cpu | cuda
    seed: int = 0
    deterministic: bool = True


class Runner(Protocol):
    """One model and its optimizer on one device.

    It starts from `init.draw(spec, setting.seed)`. Where the spec has
    `carried`, the model is called with one argument more, the state, and
    gives (logits, state); the state stays on the device from step to step.
    Where a batch has another size than the one before, it starts at zero.
    """

    def load(self, params: Params) -> None:
        """Overwrite parameters by canonical name and reset the optimizer.

        The rate is the setting's again, what is carried zero. Raises
        ValueError naming what is missing, unknown or misshapen.
        """

    def params(self) -> Params:
        """Copy the parameters out, by canonical name and layout."""

    def place(self, batch: Batch) -> Batch:
        """The only transfer to the device."""

    def logits(self, batch: Batch) -> np.ndarray:
        """Forward in evaluation mode: (batch, ...) logits before softmax.

        From the state that is carried, which stays as it is.
        """

    def generate(
        self,
        batch: Batch,
        length: int,
        width: int = 1,
        noise: np.ndarray | None = None,
    ) -> np.ndarray:
        """Decode from all inputs but the last: (batch, length) int32.

        The model's `start` gives the first symbol and the state, its `step`
        the logits of the next. Tokens up to and with `spec.end`, padding
        behind. Width 1 takes the best of logits + noise (batch, length,
        vocab), of equals the first: Gumbel noise makes it a sample. More is
        beam search, `impls.decoding`. Raises ValueError for a model that
        cannot decode, length or width below 1, and noise in a beam.
        """

    def gradients(self, batch: Batch) -> tuple[float, Params]:
        """Loss in training mode and its gradient by canonical name.

        Of what is trained: no statistic, nothing frozen. Before clipping.
        Updates nothing, from the state that is carried.
        """

    def train_step(self, batch: Batch) -> Any:
        """One update; loss and accuracy (2,) stay on the device.

        Accuracy is NaN where the objective has none: reconstruction. What
        is carried goes on, and no gradient flows through it.
        """

    def set_rate(self, rate: float) -> None:
        """The learning rate from now on; compiles nothing, keeps moments.

        Raises ValueError unless it is a number of at least 0.
        """

    def carried(self) -> Params:
        """Copy out what is carried, by name: (batch, ...); {} if nothing."""

    def eval_step(self, batch: Batch) -> Any:
        """Loss and accuracy (2,) in evaluation mode, on the device.

        What is carried goes on as in a training step.
        """

    def fetch(self, steps: list[Any]) -> np.ndarray:
        """Bring what steps returned to the host: (step, 2) float64."""

    def compile(self, batch: Batch) -> None:
        """Trace and compile the train step; change no parameter."""

    def compilations(self) -> int | None:
        """Programs compiled so far; None where the mode compiles none."""

    def freeze(self, names: list[str]) -> None:
        """Parameters that no step may change; resets the optimizer.

        Their gradient is not computed and the optimizer keeps nothing for
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
