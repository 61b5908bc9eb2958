"""The schema of a cell: every key with its type, meaning, default and rule.

One Hydra job is one cell: workload x framework x mode x precision x device
x seed. `conf/` holds the values; `docs/configuration.md` is written from
these classes by `python -m benchmarks.commands.configuration`.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import Field as DataclassField
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass
from typing import Any, NamedTuple, Optional, get_args, get_origin

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, OmegaConf

import impls
from benchmarks.config.rules import (
    ACCURACY,
    CLASSES,
    COUNT,
    NATURAL,
    POSITIVE,
    RISING,
    SEED,
    SEEDS,
    SHARE,
    Rule,
)
from benchmarks.data.pipeline import names
from impls.exchange import OBJECTIVES, OPTIMIZERS

PASSES = ("quality", "speed", "memory")
SCHEDULES = ("constant", "linear")
SOURCES = ("auto", "real", "synthetic")
# Hydra refuses plugins by any name that begins otherwise
SWEEPER = "hydra_plugins.triptych.CellSweeper"


def key(
    meaning: str,
    default: Any = MISSING,
    rule: Rule | None = None,
    choices: Iterable[str] | Callable[[], Iterable[str]] = (),
) -> Any:
    """A key of the schema; MISSING: it has to be given.

    rule: what its value has to satisfy unless it is null. choices: the
    words that it may be.
    """
    metadata = {"meaning": meaning, "rule": rule, "choices": choices}
    if isinstance(default, (list, dict)):
        return field(
            default_factory=lambda: deepcopy(default), metadata=metadata
        )
    return field(default=default, metadata=metadata)


def group(kind: type, meaning: str) -> Any:
    """A key that holds a group of keys."""
    return field(default_factory=kind, metadata={"meaning": meaning})


@dataclass
class Examples:
    """What of a data set is used, in batches of which size."""

    name: str = key("data set: a module of benchmarks/data/sets", choices=names)
    batch_size: int = key("examples of a training step", rule=COUNT)
    eval_batch_size: int | None = key(
        "examples of an evaluation step; null: batch_size", None, COUNT
    )
    train_examples: int | None = key(
        "training examples: the first so many; null: all", None, COUNT
    )
    test_examples: int | None = key(
        "examples of the validation and the test split; null: all", None, COUNT
    )
    validation: float = key(
        "share held out: the last part of the training split", 0.0, SHARE
    )
    buckets: list[int] = key(
        "time steps that batches are cut or padded to; []: one length",
        [],
        RISING,
    )
    classes: list[int] | None = key(
        "classes kept, relabelled 0, 1, ...; null: all", None, CLASSES
    )
    per_class: int | None = key(
        "training examples of each class, drawn by the seed; null: all",
        None,
        COUNT,
    )


@dataclass
class Optimizer:
    """How parameters are updated."""

    name: str = key("adam or sgd", "adam", choices=OPTIMIZERS)
    learning_rate: float = key("step size", 1e-3, POSITIVE)
    beta1: float = key("Adam: decay of the first moment", 0.9, SHARE)
    beta2: float = key("Adam: decay of the second moment", 0.999, SHARE)
    epsilon: float = key(
        "Adam: added to the denominator after bias correction", 1e-7, POSITIVE
    )
    max_grad_norm: float | None = key(
        "gradients are scaled down to this L2 norm (Pascanu 2013); null: never",
        None,
        POSITIVE,
    )


@dataclass
class Schedule:
    """How the learning rate changes during training."""

    name: str = key(
        "constant, or linear decay to 0", "constant", choices=SCHEDULES
    )


@dataclass
class Decoding:
    """What is generated from a trained model, and how."""

    max_new_tokens: int = key(
        "longest generated sequence; 0: nothing is generated", 0, NATURAL
    )
    beam_width: int = key("hypotheses kept; 1: greedy", 1, COUNT)
    test_examples: int | None = key(
        "test examples that are decoded; null: all", None, COUNT
    )
    sample_tokens: int = key("tokens sampled for the report", 0, NATURAL)
    sentences: list[str] = key("sentences translated for the report", [])


@dataclass
class Measurements:
    """What is measured beside loss, accuracy, speed and memory."""

    gradient_norms: int = key(
        "points in a training at which the norm of every gradient is recorded",
        0,
        NATURAL,
    )
    input_gradients: int = key(
        "test examples of which the gradient by each input is taken",
        0,
        NATURAL,
    )
    test_every_epoch: bool = key("evaluate on the test split each epoch", False)
    train_accuracy: bool = key(
        "evaluate on the training split after training", False
    )
    feature_maps: int = key(
        "test images whose feature maps are kept", 0, NATURAL
    )


@dataclass
class Quick:
    """What the suite `quick` shortens a workload to."""

    epochs: int = key("epochs of every phase, at most", 1, COUNT)
    train_examples: int | None = key(
        "training examples; null: all", None, COUNT
    )
    test_examples: int | None = key(
        "examples of the validation and the test split", 2000, COUNT
    )
    buckets: list[int] = key("data.buckets", [], RISING)
    decoded_examples: int | None = key("decoding.test_examples", 200, COUNT)


@dataclass
class Report:
    """Where and how a workload stands in the report; changes no number."""

    title: str = key("heading of the workload's section")
    slides: str = key("slides of the chapter that it reproduces")
    order: int = key("place in the report, in ascending order", rule=NATURAL)
    bounds: dict[str, float] = key("constants of the workload's claim", {})


@dataclass
class Seeds:
    """Which seeds a suite runs a workload with."""

    timed: list[int] = key("seeds with all passes", [0, 1, 2], SEEDS)
    quality_only: list[int] = key(
        "seeds that are trained and not timed", [], SEEDS
    )


def optional(kind: type, without: Iterable[str] = ()) -> type:
    """The same keys for a phase: null means the workload's value."""
    keys = [part for part in fields(kind) if part.name not in without]
    made = make_dataclass(
        f"Phase{kind.__name__}",
        [
            (
                part.name,
                Optional[part.type],  # noqa: UP045  # a type made at run time
                field(default=None, metadata=dict(part.metadata)),
            )
            for part in keys
        ],
    )
    made.__doc__ = kind.__doc__
    return made


PhaseExamples = optional(Examples, ("name", "validation", "test_examples"))
PhaseOptimizer = optional(Optimizer)
PhaseSchedule = optional(Schedule)
PhaseDecoding = optional(Decoding)
PhaseMeasurements = optional(Measurements)


@dataclass
class Phase:
    """One training pass of a workload; null: as the workload has it."""

    model: str | None = key("a folder of impls/", None, choices=impls.MODELS)
    spec: dict[str, Any] = key("sizes that differ from the workload's", {})
    objective: str | None = key("training objective", None, choices=OBJECTIVES)
    epochs: int | None = key(
        "passes over the training examples; 0: nothing is trained",
        None,
        NATURAL,
    )
    bptt_steps: int | None = key(
        "steps of truncated back-propagation", None, COUNT
    )
    data: PhaseExamples = group(PhaseExamples, "as workload.data")  # type: ignore[valid-type]
    optimizer: PhaseOptimizer = group(  # type: ignore[valid-type]
        PhaseOptimizer, "as workload.optimizer"
    )
    schedule: PhaseSchedule = group(PhaseSchedule, "as workload.schedule")  # type: ignore[valid-type]
    decoding: PhaseDecoding = group(PhaseDecoding, "as workload.decoding")  # type: ignore[valid-type]
    measure: PhaseMeasurements = group(  # type: ignore[valid-type]
        PhaseMeasurements, "as workload.measure"
    )
    takes: dict[str, list[str]] = key(
        "earlier phase -> parameters taken over, by name or prefix; '*': all",
        {},
    )
    freeze: list[str] = key("parameters not trained, by name or prefix", [])
    freeze_taken: bool = key("freeze all parameters taken over", False)
    framework: str | None = key(
        "framework of this phase alone; null: the cell's",
        None,
        choices=impls.FRAMEWORKS,
    )
    shortened: bool = key("whether a suite may shorten this phase", True)


@dataclass
class Workload:
    """What is trained on what, how, and to which accuracy."""

    name: str = key("name of its file in conf/workload/")
    model: str = key("a folder of impls/", choices=impls.MODELS)
    spec: dict[str, Any] = key("sizes that differ from the Spec's", {})
    objective: str = key("training objective", choices=OBJECTIVES)
    epochs: int = key("passes over the training examples", rule=COUNT)
    max_epochs: int | None = key("epochs of any phase, at most", None, COUNT)
    bptt_steps: int | None = key(
        "time steps of a stream between two updates: truncated"
        " back-propagation; null: the data are no stream",
        None,
        COUNT,
    )
    target_accuracy: float | None = key(
        "accuracy whose first epoch gives the time to target", None, ACCURACY
    )
    margin: float = key(
        "accuracies that differ by less are equivalent", rule=SHARE
    )
    data: Examples = group(Examples, "data set and batches")
    optimizer: Optimizer = group(Optimizer, "optimizer")
    schedule: Schedule = group(Schedule, "learning-rate schedule")
    decoding: Decoding = group(Decoding, "generation")
    measure: Measurements = group(Measurements, "further measurements")
    phases: dict[str, Phase] = key("training phases; {}: one", {})
    main: str | None = key(
        "the phase that is timed and gated; null: the last", None
    )
    timed: list[str] = key("phases timed beside the main one", [])
    quick: Quick = group(Quick, "the suite `quick`")
    suite: str = key("suite that runs it with its seeds: a file of conf/suite/")
    seeds: Seeds = group(Seeds, "seeds of a suite")
    report: Report = group(Report, "place in the report")


@dataclass
class Framework:
    """Where it is trained, and in which of its modes."""

    name: str = key("a file of impls/frameworks/, or slide")
    mode: str = key("execution mode; auto: the fastest on the device", "auto")
    modes: list[str] = key("modes of this framework", [])
    precisions: dict[str, list[str]] = key("device -> precisions", {})
    fastest: dict[str, dict[str, str]] = key(
        "device -> model -> its fastest mode, as measured", {}
    )
    python: str | None = key("interpreter of the worker; null: this one", None)


@dataclass
class Device:
    """cpu or cuda, and the threads of the processor."""

    name: str = key("cpu or cuda", choices=("cpu", "cuda"))
    threads: int | None = key("processor threads; null: all", None, COUNT)


@dataclass
class Speed:
    """How long the speed pass measures."""

    warmup_steps: int = key("steps before the first timed block", 20, NATURAL)
    blocks: int = key("timed blocks, synchronised at their edges", 10, COUNT)
    block_seconds: float = key("seconds of a block, at least", 0.5, POSITIVE)


@dataclass
class Data:
    """Where data sets are, and whether a synthetic stand-in may be used."""

    folder: str = key("folder with the publishers' files", "data")
    source: str = key(
        "real: refuse the synthetic stand-in; synthetic: use it; auto: use it"
        " where the real set cannot be had",
        "auto",
        choices=SOURCES,
    )


@dataclass
class Tracking:
    """Where MLflow's runs go."""

    uri: str | None = key("http://host:port; null: a database in runs", None)


@dataclass
class Place:
    """Which cell of which invocation a job is; set by the sweep alone."""

    invocation: str | None = key("id of the invocation", None)
    number: int | None = key("number of the cell in the plan file", None)


@dataclass
class Config:
    """Everything that `make bench ARGS=...` may set."""

    workload: Workload = group(Workload, "conf/workload/")
    framework: Framework = group(Framework, "conf/framework/")
    device: Device = group(Device, "conf/device/")
    tracking: Tracking = group(Tracking, "conf/tracking/")
    precision: str = key(
        "floating-point type: float32, float64, bfloat16", "float32"
    )
    seed: int = key("of initial parameters, order and dropout", 0, SEED)
    deterministic: bool = key("deterministic kernels", True)
    passes: list[str] = key("some of quality, speed, memory", list(PASSES))
    patience_seconds: float = key(
        "seconds that a worker may be silent before it fails", 600.0, POSITIVE
    )
    speed: Speed = group(Speed, "the speed pass")
    data: Data = group(Data, "data sets")
    rerun: bool = key("measure again what is recorded", False)
    prepare_only: bool = key("prepare the data and measure nothing", False)
    order_seed: int = key("of the order in which cells run", 0, SEED)
    runs: str = key("folder of records, logs and prepared data", "runs")
    report: str = key("folder of the report", "reports/latest")
    place: Place = group(Place, "set by the sweep")


@dataclass
class CellSweeperConfig:
    """What a suite sweeps over; the command line wins."""

    _target_: str = SWEEPER
    params: dict[str, str] | None = key("key -> comma-separated values", None)
    workloads_of: str | None = key(
        "workloads whose `suite` this is; all: every workload", None
    )
    own_seeds: bool = key("run every workload with its own `seeds`", False)


class Key(NamedTuple):
    """A key of the schema with its value in one configuration."""

    name: str  # dotted
    part: "DataclassField[Any]"
    value: Any


def register() -> None:
    """Make the schema known to Hydra: `conf/config.yaml` begins with it."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/sweeper", name="cells", node=CellSweeperConfig)


def keys(kind: type = Config, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, dataclass field) of every key, groups included."""
    for part in fields(kind):
        yield prefix + part.name, part
        if is_dataclass(part.type) and isinstance(part.type, type):
            yield from keys(part.type, f"{prefix}{part.name}.")


def values(kind: type, node: Any, prefix: str = "") -> Iterator[Key]:
    """Every single key of a configuration with its value, phases included.

    A value that is missing is MISSING.
    """
    for part in fields(kind):
        name = prefix + part.name
        if is_dataclass(part.type) and isinstance(part.type, type):
            yield from values(part.type, node[part.name], f"{name}.")
        elif inner := _values_of_dict(part.type):
            for phase, content in node[part.name].items():
                yield from values(inner, content, f"{name}.{phase}.")
        else:
            missing = OmegaConf.is_missing(node, part.name)
            yield Key(name, part, MISSING if missing else node[part.name])


def _values_of_dict(kind: Any) -> type | None:
    """The dataclass that a dict type holds, None where it holds none."""
    if get_origin(kind) is dict and is_dataclass(get_args(kind)[1]):
        inner: type = get_args(kind)[1]
        return inner
    return None
