"""What the passes need to know of a cell, as it goes through the pipe."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from impls.interface import Setting

SEQUENCES = ("schedule", "buckets", "window", "decode", "beam")


@dataclass(frozen=True)
class Plan:
    """How long and in what pieces to train and to measure."""

    batch: int
    evaluation_batch: int
    epochs: int
    seed: int
    validation: float = 0.0  # the share that `slide` holds out by itself
    target: float | None = None  # accuracy
    warmup_steps: int = 20
    blocks: int = 10
    block_seconds: float = 0.5
    objective: str = "classes"
    watch: bool = False  # evaluate on the test split after every epoch
    gradient_norms: int = 0  # points of a training at which they are taken
    fitted: bool = False  # evaluate on the training split in the end
    rate: float = 1e-3
    schedule: str = "constant"  # linear: down to 0 over the whole training
    buckets: tuple[int, ...] = ()  # steps that batches are cut to
    window: int | None = None  # steps of a stream between two updates
    decode: int = 0  # most tokens that are generated from an example
    beam: int = 1  # hypotheses kept
    groups: tuple[str, ...] = ()  # of test targets, by number
    mode: str = ""
    device: str = "cpu"


def plan(
    cell: Mapping[str, Any], data: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The Plan of a cell, ready for JSON.

    data: the data description, where it names groups.
    """
    workload = cell["workload"]
    return asdict(
        Plan(
            batch=workload["batch"],
            evaluation_batch=(
                workload.get("evaluation_batch") or workload["batch"]
            ),
            epochs=workload["epochs"],
            seed=cell["seed"],
            validation=workload.get("validation") or 0.0,
            target=workload.get("target"),
            objective=workload.get("objective") or "classes",
            watch=bool(workload.get("watch")),
            gradient_norms=workload.get("gradient_norms") or 0,
            fitted=bool(workload.get("fitted")),
            rate=workload.get("rate", Plan.rate),
            groups=tuple((data or {}).get("groups") or ()),
            **{
                name: workload.get(name, getattr(Plan, name))
                for name in SEQUENCES
            },
            mode=cell["framework"]["mode"],
            device=cell["device"]["name"],
            **cell["speed"],
        )
    )


def setting(cell: Mapping[str, Any]) -> dict[str, Any]:
    """The Setting of a cell, ready for JSON."""
    known = {field.name for field in fields(Setting)}
    chosen = {k: v for k, v in cell["workload"].items() if k in known}
    return asdict(
        Setting(
            **chosen,
            mode=cell["framework"]["mode"],
            precision=cell["precision"],
            device=cell["device"]["name"],
            seed=cell["seed"],
            deterministic=cell.get("deterministic", True),
        )
    )
