"""The contract of models, Runners and the benchmark suite."""

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
    weights: Any  # like targets: 1 valid, 0 padding
    masks: Any = None  # dropout layer's path -> 1 keep, 0 drop; None: drawn


@dataclass(frozen=True)
class Spec:
    """Sizes and capabilities of one model; NumPy only.

    Base class of every model's Spec, which is a frozen dataclass. A declared
    capability holds for the reference and for all three implementations.
    """

    decodes: ClassVar[bool] = False  # has `start` and `step`
    unrolled: ClassVar[bool] = False  # has mode `loop`, as `LSTM` of sequences
    feature_maps: ClassVar[bool] = False  # logits (batch, row, column, filter)
    attention: ClassVar[bool] = False  # reference has `weights`
    training_mode: ClassVar[bool] = False  # reference has `training`
    reads_tokens: ClassVar[bool] = False  # its input is tokens (batch, time)

    target_bound: ClassVar[str] = "classes"  # the size above all targets
    end: ClassVar[int] = -1  # the symbol that ends a sequence; -1: none
    # All initial parameters are uniform within it; None: see `impls.init`
    limit: ClassVar[float | None] = None
    embedding_limit: ClassVar[float] = 0.05  # of initial embeddings

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

    def longest(self) -> int | None:
        """The most symbols that `generate` can return; None: any number."""
        return None

    def initial(self) -> Params:
        """Initial parameters that are given instead of drawn."""
        return {}

    def deviations(self) -> dict[str, float]:
        """Parameter -> standard deviation of its normal initial values.

        All others are drawn as `impls.init` says.
        """
        return {}

    def prompt(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs that decoding starts from: all but the last."""
        return inputs[:-1]

    def state(self) -> dict[str, Shape]:
        """Recurrent state kept between batches -> shape of one example's."""
        return {}

    def bounds(self) -> dict[str, int]:
        """Size -> number of the input whose values are below it."""
        return {"vocab": 0} if self.reads_tokens else {}


@dataclass(frozen=True)
class Setting:
    """Training, precision and device of a Runner, for all frameworks."""

    # cross_entropy | binary_cross_entropy | mse
    objective: str = "cross_entropy"
    label_smoothing: float = 0.0  # of cross_entropy, in training alone
    optimizer: str = "adam"  # adam | adamw | sgd
    learning_rate: float = 1e-3
    weight_decay: float = 0.0  # of adamw, for parameters that are `decayed`
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

    It starts from `init.draw(spec, setting.seed)`. If the Spec has `state`,
    the model takes the recurrent state as its last argument and returns
    (logits, state). The state stays on the device between steps and is reset
    to zero when the batch size changes.
    """

    def load(self, params: Params) -> None:
        """Overwrite parameters by canonical name and reset the optimizer.

        Resets the learning rate and the recurrent state, too. Raises
        ValueError naming what is missing, unknown or misshapen.
        """

    def params(self) -> Params:
        """Copy the parameters out, by canonical name and layout."""

    def place(self, batch: Batch) -> Batch:
        """Copy a batch to the device: the only transfer to it."""

    def logits(self, batch: Batch) -> np.ndarray:
        """Forward pass in evaluation mode: (batch, ...) before softmax.

        Uses the recurrent state without changing it.
        """

    def generate(
        self,
        batch: Batch,
        length: int,
        width: int = 1,
        noise: np.ndarray | None = None,
    ) -> np.ndarray:
        """Decode from `spec.prompt` of the inputs: (batch, length) int32.

        The model's `start` gives the first symbol and the state, its `step`
        the logits of the next. Tokens up to and including `spec.end`, then
        padding. Width 1 takes the first maximum of logits + noise (batch,
        length, vocab): with Gumbel noise, a sample. A larger width is beam
        search (`impls.decoding`). Raises ValueError for a model that does
        not decode, a length or width below 1, a length above
        `spec.longest()`, and noise in a beam.
        """

    def gradients(self, batch: Batch) -> tuple[float, Params]:
        """Loss in training mode and its gradient by canonical name.

        With label smoothing, as a training step. Only of trained parameters,
        not of statistics and frozen ones, and before clipping. Uses the
        recurrent state and updates nothing.
        """

    def train_step(self, batch: Batch) -> Any:
        """One update; loss and accuracy (2,) stay on the device.

        Accuracy is NaN for the objective `mse`. Updates the recurrent state;
        no gradient flows through it (truncated back-propagation).
        """

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate; compiles nothing, keeps the moments.

        Raises ValueError unless it is a finite number of at least 0.
        """

    def state(self) -> Params:
        """Copy out the recurrent state, by name: (batch, ...); may be {}."""

    def eval_step(self, batch: Batch) -> Any:
        """Loss and accuracy (2,) in evaluation mode, on the device.

        Updates the recurrent state as a training step does.
        """

    def fetch(self, steps: list[Any]) -> np.ndarray:
        """Copy the results of steps to the host: (step, 2) float64."""

    def compile(self, batch: Batch) -> None:
        """Trace and compile the train step; change no parameter."""

    def compilations(self) -> int | None:
        """Programs compiled so far; None where the mode compiles none."""

    def freeze(self, names: list[str]) -> None:
        """Exclude parameters from training; resets the optimizer.

        Their gradient is not computed and the optimizer keeps nothing for
        them. A normalization whose `mean` and `variance` are frozen uses
        them in training as well. Raises ValueError for an unknown name, and
        if nothing is left to train.
        """

    def memory(self) -> dict[str, Any]:
        """`peak_bytes`, `reserved_bytes`: None, with `reason`, if unknown."""

    def static_bytes(self) -> dict[str, Any]:
        """`static_bytes` of the compiled train step, None with `reason`.

        Memory planned by its compiler: parameters, moments, batch,
        temporaries, and results that reuse no argument's memory.
        """

    def matmul(self, size: int) -> Callable[[], None]:
        """A function that multiplies two size x size matrices and waits."""

    def versions(self) -> dict[str, str]:
        """Library -> version, of the framework and its libraries."""

    def wait(self) -> None:
        """Return once the device is idle."""


STATISTICS = ("mean", "variance")  # leaves without a gradient
DECAYED = ("kernel", "recurrent_kernel", "embedding", "table")  # leaves


def trained(names: Iterable[str]) -> list[str]:
    """Names of parameters that have a gradient: all but statistics."""
    return [n for n in names if n.rpartition(".")[2] not in STATISTICS]


def decayed(name: str) -> bool:
    """Whether AdamW decays a parameter: weights, but no bias and no scale."""
    return name.rpartition(".")[2] in DECAYED
