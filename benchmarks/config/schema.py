"""The typed schema of a cell, and what is refused before anything runs.

One Hydra job is one cell: workload x framework x mode x precision x device
x seed. `conf/` holds the values, these classes their types and meanings.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import impls
from benchmarks.config import phases, rules
from benchmarks.config.phases import Phase
from benchmarks.config.rules import PASSES, one_of
from benchmarks.environment.env_vars import cores
from benchmarks.errors import UserError

# Hydra refuses plugins by any name that begins otherwise
SWEEPER = "hydra_plugins.triptych.CellSweeper"


@dataclass
class Workload:
    """What is trained on what, how, and to which target."""

    name: str = MISSING
    model: str = MISSING  # a folder of impls/
    spec: dict[str, Any] = field(default_factory=dict)  # its Spec's sizes
    data: str = MISSING  # a data set of benchmarks/data
    objective: str = MISSING  # classes | binary | reconstruction
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
    clip: float | None = None  # longest gradient; null: any
    schedule: str = "constant"  # of the rate: constant | linear, down to 0
    buckets: list[int] = field(default_factory=list)  # steps of a batch
    window: int | None = None  # steps of a stream between two updates
    decode: int = 0  # most tokens of a translation; 0: none is made
    decoded: int | None = None  # test examples decoded; null: all
    beam: int = 1  # hypotheses kept; 1: greedy
    sample: int = 0  # tokens of text that are drawn for the report
    sentences: list[str] = field(default_factory=list)  # to translate
    distances: int = 0  # test examples whose gradients by input are taken
    examples: int | None = None  # of the training split: the first so many
    tested: int | None = None  # of all other splits
    short: int | None = None  # `examples` of the suite `quick`
    short_tested: int = 2000  # and `tested`
    short_buckets: list[int] = field(default_factory=list)  # and `buckets`
    phases: dict[str, Phase] = field(default_factory=dict)  # none: one
    main: str | None = None  # the phase that is timed; null: the last
    timed: list[str] = field(default_factory=list)  # phases beside it
    most_epochs: int | None = None  # no phase trains longer


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


@dataclass
class CellSweeperConfig:
    """`params`: what a suite sweeps over; the command line wins.

    `fewer`: by workload, the seeds of those that do not take all of them.
    `quality_only`: the seeds whose speed and memory are not measured.
    """

    _target_: str = SWEEPER
    params: dict[str, str] | None = None
    fewer: dict[str, str] | None = None
    quality_only: str | None = None


def register() -> None:
    """Make the schema known to Hydra: `conf/config.yaml` begins with it."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/sweeper", name="cells", node=CellSweeperConfig)


def resolve(config: DictConfig) -> dict[str, Any]:
    """The cell of a composed configuration: plain, complete, possible.

    As it stands in the record; `auto` and null are replaced by what they
    mean here. Raises UserError naming every key that is wrong.
    """
    problems = [*rules.choices(config), *rules.out_of_range(config)]
    if problems:
        raise UserError("\n".join(problems))
    own = OmegaConf.masked_copy(config, list(Config.__dataclass_fields__))
    plain: Any = OmegaConf.to_container(
        own, resolve=True, throw_on_missing=True
    )
    workload, framework = _workload(plain["workload"]), plain["framework"]
    mode = framework["mode"]
    if mode == "auto":
        fastest = framework["fastest"][plain["device"]["name"]]
        mode = fastest.get(workload["model"], fastest["default"])
    if mode == "loop" and (problems := list(rules.unlooped(workload))):
        raise UserError("\n".join(problems))
    return {
        "workload": workload,
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


def _workload(plain: dict[str, Any]) -> dict[str, Any]:
    """A workload in which every phase is complete."""
    model, spec = plain["model"], plain["spec"]
    plain = plain | {"spec": sizes(model, spec)}
    plain["phases"] = {
        name: phase
        | {
            "spec": sizes(
                phase["model"] or model,
                (spec if phase["model"] in (None, model) else {})
                | phase["spec"],
                f"workload.phases.{name}.spec",
            )
        }
        for name, phase in plain["phases"].items()
    }
    complete = phases.complete(plain)
    if problems := list(rules.unfit(complete)):
        raise UserError("\n".join(problems))
    return phases.quiet(complete)


def sizes(
    model: str, given: dict[str, Any], key: str = "workload.spec"
) -> dict[str, Any]:
    """All sizes of a model, its Spec's defaults filled in.

    Raises UserError for a size that the model has not, or cannot have.
    """
    spec = impls.spec(model)
    try:
        merged = OmegaConf.merge(OmegaConf.structured(spec), given)
        plain: Any = OmegaConf.to_container(merged)
        spec(**plain).shapes()
    except OmegaConfBaseException as error:
        raise UserError(_not_a_size(model, given, key, error)) from error
    except ValueError as error:
        raise UserError(f"{key}: {error}") from error
    return dict(plain)


def _not_a_size(
    model: str, given: dict[str, Any], where: str, error: OmegaConfBaseException
) -> str:
    key, spec = str(error.full_key), impls.spec(model)
    name = key.partition("[")[0]
    expected = {part.name: part.type for part in fields(spec)}
    if name not in expected:
        refused = one_of(where, key, expected)
        return f"the model {model} has no such size: {refused}"
    kind = expected[name]
    kind = getattr(kind, "__name__", None) if isinstance(kind, type) else kind
    return f"{where}.{key}={given.get(name)}: expected {kind or 'a size'}."
