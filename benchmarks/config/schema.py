"""The schema of a cell: every key with its type, meaning, default and rule.

One Hydra job is one cell: workload x framework x mode x precision x device
x seed. `conf/` holds the values; `docs/configuration.md` is written from
these classes by `python -m benchmarks.commands.configuration`.
"""

from dataclasses import dataclass
from functools import cache

from hydra.core.config_store import ConfigStore

import impls
from benchmarks.config.fields import group, key
from benchmarks.config.rules import COUNT, NATURAL, POSITIVE, SEED, URL, Rule
from benchmarks.config.workload import Workload
from benchmarks.data.pipeline import SOURCES

PASSES = ("quality", "speed", "memory")
SOME_PASS = Rule(bool, f"some of {', '.join(PASSES)}")
# Hydra refuses plugins by any name that begins otherwise
SWEEPER = "hydra_plugins.triptych.CellSweeper"


@dataclass
class Framework:
    """Where it is trained, and in which of its modes."""

    name: str = key(
        "a file of impls/frameworks/, or slide",
        choices=(*impls.FRAMEWORKS, "slide"),
    )
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

    uri: str | None = key(
        "MLflow's address; null: a database in runs", None, URL
    )


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
    passes: list[str] = key(
        "what is measured", list(PASSES), SOME_PASS, choices=PASSES
    )
    patience_seconds: float = key(
        "seconds that a worker may be silent before it fails", 600.0, POSITIVE
    )
    speed: Speed = group(Speed, "the speed pass")
    data: Data = group(Data, "data sets")
    rerun: bool = key("measure again what is recorded", False)
    dry_run: bool = key("list the cells and measure nothing", False)
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
    also: dict[str, str] | None = key(
        "as params: more cells, unless one of its keys is given", None
    )
    workloads_of: str | None = key(
        "workloads whose `suite` this is; all: every workload", None
    )
    own_seeds: bool = key("run every workload with its own `seeds`", False)
    shortened: bool = key("change each workload as its `quick` states", False)


@cache
def register() -> None:
    """Make the schema known to Hydra: `conf/config.yaml` begins with it."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/sweeper", name="cells", node=CellSweeperConfig)
