"""The typed schema of a cell, and what is refused before anything runs.

One Hydra job is one cell: workload x framework x mode x precision x device
x seed. `conf/` holds the values, these classes their types and meanings.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import impls
from benchmarks.data import names
from benchmarks.errors import UserError
from benchmarks.measure.variables import cores

OBJECTIVES = ("classes", "binary")
OPTIMISERS = ("adam", "sgd")
PASSES = ("quality", "speed", "memory")
SOURCES = ("auto", "real", "generated")


@dataclass
class Workload:
    """What is trained on what, how, and to which target."""

    name: str = MISSING
    model: str = MISSING  # a folder of impls/
    spec: dict[str, Any] = field(default_factory=dict)  # its Spec's sizes
    data: str = MISSING  # a data set of benchmarks/data
    objective: str = MISSING  # classes | binary
    optimiser: str = "adam"  # adam | sgd
    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    batch: int = MISSING  # examples
    evaluation_batch: int | None = None  # null: as `batch`
    epochs: int = MISSING
    validation: float = 0.0  # share of the training split held out
    target: float | None = None  # accuracy, for the time to target
    margin: float = MISSING  # accuracies nearer than this are equivalent


@dataclass
class Framework:
    """Where it is trained, and in which of its modes."""

    name: str = MISSING
    mode: str = "auto"  # auto: what `fastest` says
    modes: list[str] = field(default_factory=list)
    precisions: dict[str, list[str]] = field(default_factory=dict)
    # By device, then by model; measured, see the README
    fastest: dict[str, dict[str, str]] = field(default_factory=dict)
    python: str | None = None  # its interpreter; null: this one


@dataclass
class Device:
    """cpu or cuda, and the threads of the processor (null: all)."""

    name: str = MISSING
    threads: int | None = None


@dataclass
class Speed:
    """How long the speed pass looks."""

    warmup_steps: int = 20
    blocks: int = 10  # timed blocks, synchronised at their edges
    block_seconds: float = 0.5


@dataclass
class Data:
    """Where data sets lie, and whether a generated twin may stand in."""

    folder: str = "data"
    source: str = "auto"  # auto | real | generated


@dataclass
class Tracking:
    """Where MLflow's runs go; null: a database under `runs`."""

    uri: str | None = None


@dataclass
class Place:
    """Which cell of which call a job is; set by the sweep, by nobody else."""

    invocation: str | None = None
    number: int | None = None


@dataclass
class Config:
    """All that `make bench ARGS=...` may set."""

    workload: Workload = field(default_factory=Workload)
    framework: Framework = field(default_factory=Framework)
    device: Device = field(default_factory=Device)
    tracking: Tracking = field(default_factory=Tracking)
    precision: str = "float32"
    seed: int = 0
    deterministic: bool = True
    passes: list[str] = field(default_factory=lambda: list(PASSES))
    patience_seconds: float = 600.0  # a worker may be silent before it fails
    speed: Speed = field(default_factory=Speed)
    data: Data = field(default_factory=Data)
    rerun: bool = False
    prepare_only: bool = False  # the data, and nothing else
    order_seed: int = 0
    runs: str = "runs"
    report: str = "reports/latest"
    place: Place = field(default_factory=Place)


Rule = tuple[Callable[[Any], bool], str]
COUNT: Rule = (lambda value: value >= 1, "a whole number from 1")
NATURAL: Rule = (lambda value: value >= 0, "a whole number from 0")
POSITIVE: Rule = (
    lambda value: value > 0 and math.isfinite(value),
    "a number above 0",
)
SHARE: Rule = (lambda value: 0 <= value < 1, "a number from 0 to below 1")
RULES = {
    "workload.batch": COUNT,
    "workload.evaluation_batch": COUNT,
    "workload.epochs": COUNT,
    "workload.rate": POSITIVE,
    "workload.beta1": SHARE,
    "workload.beta2": SHARE,
    "workload.epsilon": POSITIVE,
    "workload.validation": SHARE,
    "workload.target": (lambda value: 0 < value <= 1, "a share up to 1"),
    "workload.margin": SHARE,
    "device.threads": COUNT,
    "seed": NATURAL,
    "patience_seconds": POSITIVE,
    "order_seed": NATURAL,
    "speed.warmup_steps": NATURAL,
    "speed.blocks": COUNT,
    "speed.block_seconds": POSITIVE,
}


def register() -> None:
    """Make the schema known to Hydra: `conf/config.yaml` begins with it."""
    ConfigStore.instance().store(name="schema", node=Config)


def resolve(config: DictConfig) -> dict[str, Any]:
    """The cell of a composed configuration: plain, complete, possible.

    As it stands in the record; `auto` and null are replaced by what they
    mean here. Raises UserError naming every key that is wrong.
    """
    problems = [*_choices(config), *_out_of_range(config)]
    if problems:
        raise UserError("\n".join(problems))
    own = OmegaConf.masked_copy(config, list(Config.__dataclass_fields__))
    plain: Any = OmegaConf.to_container(own, throw_on_missing=True)
    workload, framework = plain["workload"], plain["framework"]
    mode = framework["mode"]
    if mode == "auto":
        fastest = framework["fastest"][plain["device"]["name"]]
        mode = fastest.get(workload["model"], fastest["default"])
    return {
        "workload": workload | {"spec": sizes(config.workload)},
        "framework": {
            "name": framework["name"],
            "mode": mode,
            "python": framework["python"],
        },
        "device": plain["device"]
        | {"threads": plain["device"]["threads"] or cores()},
        "precision": plain["precision"],
        "seed": plain["seed"],
        "deterministic": plain["deterministic"],
        "passes": [name for name in PASSES if name in plain["passes"]],
        "speed": plain["speed"],
        "patience_seconds": plain["patience_seconds"],
    }


def sizes(workload: DictConfig) -> dict[str, Any]:
    """All sizes of the workload's model, its Spec's defaults filled in.

    Raises UserError for a size that the model has not, or cannot have.
    """
    spec = impls.spec(workload.model)
    try:
        merged = OmegaConf.merge(OmegaConf.structured(spec), workload.spec)
        plain: Any = OmegaConf.to_container(merged)
        spec(**plain).shapes()
    except OmegaConfBaseException as error:
        raise UserError(_not_a_size(spec, workload, error)) from error
    except ValueError as error:
        raise UserError(f"workload.spec: {error}") from error
    return dict(plain)


def one_of(key: str, came: Any, options: Iterable[str]) -> str:
    """The message that refuses a word, with what is possible."""
    options = list(options)
    near = get_close_matches(str(came), options, 1, 0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"{key}={came}: expected one of {', '.join(options)}{hint}."


def _choices(config: DictConfig) -> list[str]:
    """Words that are not among those that are possible here."""
    workload, framework = config.workload, config.framework
    device, name = config.device.name, framework.name
    offered = [
        ("workload.model", workload.model, impls.MODELS),
        ("workload.data", workload.data, names()),
        ("workload.objective", workload.objective, OBJECTIVES),
        ("workload.optimiser", workload.optimiser, OPTIMISERS),
        ("framework.name", name, (*impls.FRAMEWORKS, "slide")),
        ("device.name", device, ("cpu", "cuda")),
        ("data.source", config.data.source, SOURCES),
        *(("passes", word, PASSES) for word in config.passes),
    ]
    problems = [one_of(*row) for row in offered if row[1] not in row[2]]
    uri = config.tracking.uri
    if uri is not None and "://" not in uri:
        problems.append(f"tracking.uri={uri}: expected http://host:port.")
    if not config.passes:
        problems.append(f"passes=[]: expected some of {', '.join(PASSES)}.")
    modes = ["auto", *framework.modes]
    if framework.mode not in modes:
        refused = one_of("framework.mode", framework.mode, modes)
        problems.append(f"framework={name} {refused}")
    possible = framework.precisions.get(device, [])
    if config.precision not in possible:
        refused = one_of("precision", config.precision, possible)
        problems.append(f"framework={name} device={device} {refused}")
    return problems


def _out_of_range(config: DictConfig) -> list[str]:
    problems = []
    for key, (holds, expected) in RULES.items():
        value = OmegaConf.select(config, key)
        if value is not None and not holds(value):
            problems.append(f"{key}={value}: expected {expected}.")
    return problems


def _not_a_size(
    spec: type, workload: DictConfig, error: OmegaConfBaseException
) -> str:
    key = str(error.full_key)
    known = [part.name for part in fields(spec)]
    if key.partition("[")[0] not in known:
        refused = one_of("workload.spec", key, known)
        return f"the model {workload.model} has no such size: {refused}"
    came = OmegaConf.select(workload.spec, key)
    expected = {part.name: part.type for part in fields(spec)}
    kind = expected[key.partition("[")[0]]
    kind = getattr(kind, "__name__", None) if isinstance(kind, type) else kind
    return f"workload.spec.{key}={came}: expected {kind or 'a size'}."
