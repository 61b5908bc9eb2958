"""What a worker gets of a cell: how to build a model, and what to measure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import impls
from benchmarks.data import makers
from benchmarks.data.batches import Split, epoch, without_filler
from impls.interface import Batch, Setting, Spec, trained

Cell = Mapping[str, Any]
FILL = "fill"  # of the model, which the worker builds


@dataclass(frozen=True)
class Request:
    """For how long and in what pieces to train and to measure."""

    batch_size: int
    eval_batch_size: int
    epochs: int
    seed: int
    validation: float = 0.0  # the share that `slide` holds out by itself
    target_accuracy: float | None = None
    warmup_steps: int = 20
    blocks: int = 10
    block_seconds: float = 0.5
    objective: str = "cross_entropy"
    test_every_epoch: bool = False
    gradient_norms: int = 0  # points of a training at which they are taken
    train_accuracy: bool = False  # evaluate on the training split at the end
    learning_rate: float = 1e-3
    schedule: str = "constant"  # of the learning rate: see `learning_rate`
    schedule_warmup: int = 0  # updates; `warmup_steps` are of the speed pass
    final_share: float = 0.0  # of the learning rate, at the training's end
    buckets: tuple[int, ...] = ()  # time steps that batches are cut to
    bptt_steps: int | None = None  # steps of a stream between two updates
    crop_steps: int | None = None  # steps of crops drawn from a text
    crops: int | None = None  # drawn in an epoch; None: as many as it has
    max_new_tokens: int = 0
    beam_width: int = 1
    groups: tuple[str, ...] = ()  # of test targets, by number
    mode: str = ""
    device: str = "cpu"
    fill: bool = True  # the last batch of a training: see `training_batches`

    def batches(
        self, split: Split, size: int, number: int | None
    ) -> Iterator[Batch]:
        """All batches of epoch `number`; None: in order, to evaluate."""
        if self.crop_steps:
            rows = makers.windows(len(split), self.crop_steps)
            if number is not None:
                rows = self.crops or rows
            maker = makers.crops(self.crop_steps)
            return makers.made(maker, split, rows, size, self.seed, number)
        shape = self.buckets, self.bptt_steps
        return epoch(split, size, self.seed, number, *shape)

    def training_batches(self, split: Split, number: int) -> Iterator[Batch]:
        """All batches that train in epoch `number`.

        The last one is filled up, or, without `fill`, smaller: batch
        normalization would take its statistics over the filler, too.
        """
        for batch in self.batches(split, self.batch_size, number):
            yield batch if self.fill else without_filler(batch)

    def steps(self, split: Split) -> int:
        """Training steps of an epoch."""
        cuts = {key: getattr(self, key) for key in makers.CUTS}
        return makers.epoch_steps(len(split), **cuts)


def request(
    cell: Cell, data: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The Request of a cell, ready for JSON.

    data: the data description, where it names groups.
    """
    workload = cell["workload"]
    values = workload | cell["speed"]
    for group in ("data", "optimizer", "decoding", "measure"):
        values |= workload[group]
    values |= {
        "eval_batch_size": values["eval_batch_size"] or values["batch_size"],
        "schedule": workload["schedule"]["name"],
        "schedule_warmup": workload["schedule"]["warmup_steps"],
        "final_share": workload["schedule"]["final_share"],
        "groups": tuple((data or {}).get("groups") or ()),
        "seed": cell["seed"],
        "mode": cell["framework"]["mode"],
        "device": cell["device"]["name"],
    }
    names = [part.name for part in fields(Request) if part.name != FILL]
    return asdict(Request(**{name: values[name] for name in names}))


def normalizes(spec: Spec) -> bool:
    """Whether a model takes statistics over the examples of a batch."""
    shapes = spec.shapes()
    return len(trained(shapes)) < len(shapes)


def build_arguments(cell: Cell) -> dict[str, Any]:
    """The arguments of the verb `build`: `model`, `spec` and `setting`."""
    workload = cell["workload"]
    return {
        "model": workload["model"],
        "spec": workload["spec"],
        "setting": setting(cell),
    }


def setting(cell: Cell) -> dict[str, Any]:
    """The Setting of a cell, ready for JSON."""
    optimizer = dict(cell["workload"]["optimizer"])
    return asdict(
        Setting(
            objective=cell["workload"]["objective"],
            label_smoothing=cell["workload"]["label_smoothing"],
            optimizer=optimizer.pop("name"),
            **optimizer,
            mode=cell["framework"]["mode"],
            precision=cell["precision"],
            device=cell["device"]["name"],
            seed=cell["seed"],
            deterministic=cell["deterministic"],
        )
    )


def spec(cell: Cell) -> Spec:
    """The Spec of the cell's model."""
    workload = cell["workload"]
    sizes: Spec = impls.spec(workload["model"])(**workload["spec"])
    return sizes
