"""Do base and head compute the same numbers? In float64, on the same batches.

Each tree's own worker builds the cell's model by that tree's own settings;
both load the same parameters, which are far from any initial value, and get
the same batches. So a change of results never passes for a speed-up.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.gate.checkout.both_sides import Tree, both
from benchmarks.parity.compare import DOUBLE, LARGEST, worst
from benchmarks.passes.process import WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.records.verdict import (
    CHANGED,
    NOT_MEASURED,
    UNCHANGED,
    Numerics,
    Side,
)
from benchmarks.worker import request
from impls.interface import Batch, Params

EXAMPLES = 8  # of a batch: float64 at a workload's sizes is slow
BATCHES = 6  # the last of them is only evaluated
STEPS, TRAJECTORY = 10, 30  # optimizer steps

Cell = dict[str, Any]
Stages = dict[str, Params]


def compare(
    sides: tuple[Side, Side], cells: tuple[Cell, Cell], files: Path
) -> Numerics:
    """Compare both sides' float64 results, stage by stage.

    `files`: the folder for logs and scratch. A failure becomes the
    `reason`; nothing is raised but KeyboardInterrupt.
    """
    if any(cell["framework"]["name"] == "slide" for cell in cells):
        reason = "the book's own program can only train and evaluate"
        return Numerics(NOT_MEASURED, reason=reason)
    if sizes := _changed_sizes(*cells):
        return _other_model(sizes)
    double = {"precision": "float64"}
    try:
        examples = _examples(cells[1])
        stages = both(
            sides,
            (cells[0] | double, cells[1] | double),
            files,
            "numerics",
            lambda tree: _compute(tree, examples),
        )
    except (WorkerFailed, OSError, ValueError) as problem:
        return Numerics(NOT_MEASURED, reason=str(problem))
    return judge(*stages)


def judge(base: Stages, head: Stages) -> Numerics:
    """Compare the results of both: stage -> name -> array.

    The first stage holds the initial parameters of a new model, and with
    them names and shapes.
    """
    first = next(iter(base))
    if shapes := list(_changed_shapes(base[first], head[first])):
        return _other_model(shapes)
    errors = {stage: worst(base[stage], head[stage]) for stage in base}
    differences = {s: min(error, LARGEST) for s, (error, _) in errors.items()}
    # The earliest of equals: later stages depend on it
    stage = max(differences, key=differences.__getitem__)
    largest = differences[stage]
    return Numerics(
        UNCHANGED if largest <= DOUBLE else CHANGED,
        largest,
        DOUBLE,
        errors[stage][1] if largest else None,
        differences,
    )


def _compute(tree: Tree, examples: Sequence[Batch]) -> Stages:
    """Stage -> arrays by name; each stage depends on those before it."""
    workload = tree.cell["workload"]
    runner = RemoteRunner(
        tree.worker, workload["model"], workload["spec"], tree.setting
    )
    initial = runner.params()
    start = {name: _parameter(name, a.shape) for name, a in initial.items()}
    runner.load(start)
    logits = runner.logits(examples[0])
    loss, gradients = runner.gradients(examples[1])
    return {
        "initial parameters": _named("initial {}", initial),
        "logits": {"logits": logits},
        "loss and gradients": {
            "loss": np.array(loss),
            **_named("gradient of {}", gradients),
        },
        **_trained(runner, start, examples),
    }


def _trained(
    runner: RemoteRunner, start: Params, examples: Sequence[Batch]
) -> Stages:
    *train, held_out = examples
    stream = [train[step % len(train)] for step in range(TRAJECTORY)]
    metrics = [runner.train_steps(stream[:1])]
    first = runner.params()
    metrics.append(runner.train_steps(stream[1:STEPS]))
    moved = {n: value - start[n] for n, value in runner.params().items()}
    metrics.append(runner.train_steps(stream[STEPS:]))
    losses, accuracies = np.concatenate(metrics).T
    loss, accuracy = runner.eval_steps([held_out])[0]
    return {
        "parameters after one step": _named("{} after one step", first),
        f"effect of {STEPS} steps": _named(f"{{}}, {STEPS} steps", moved),
        "trajectory": {"losses": losses, "accuracies": accuracies},
        "evaluation": {
            "evaluation loss": loss,
            "evaluation accuracy": accuracy,
            "evaluation logits": runner.logits(held_out),
        },
    }


def _named(form: str, arrays: Params) -> Params:
    return {form.format(name): array for name, array in arrays.items()}


def _parameter(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A function of name and shape, the same on both sides; nothing is zero.

    Activations neither vanish nor saturate.
    """
    random = np.random.default_rng(crc32(name.encode()))
    if name.endswith(".variance"):
        return random.uniform(0.5, 1.5, shape)
    inputs = int(np.prod(shape[:-1])) if "kernel" in name else 4
    return random.normal(size=shape) / np.sqrt(inputs)


def _examples(cell: Cell) -> list[Batch]:
    """Random batches in which every fifth target is not valid."""
    drawn = request.spec(cell).example(BATCHES * EXAMPLES)
    for array in drawn.inputs:
        if array.ndim > 1:  # else lengths, or where streams start
            array[:, : array.shape[1] // 3] = 0  # black, or padding
    counts = np.arange(drawn.weights.size).reshape(drawn.weights.shape)
    weights = drawn.weights * np.float32(counts % 5 != 2)
    return [
        Batch(
            tuple(array[rows] for array in drawn.inputs),
            drawn.targets[rows],
            weights[rows],
        )
        for rows in np.split(np.arange(BATCHES * EXAMPLES), BATCHES)
    ]


def _changed_sizes(base: Cell, head: Cell) -> list[str]:
    """Sizes of the model that both have, and that differ.

    Not all of them change the shape of a parameter.
    """
    old, new = base["workload"]["spec"], head["workload"]["spec"]
    return [
        f"spec.{name} ({value} -> {new[name]})"
        for name, value in old.items()
        if name in new and new[name] != value
    ]


def _changed_shapes(
    base: Mapping[str, np.ndarray], head: Mapping[str, np.ndarray]
) -> Iterator[str]:
    for name in [*base, *(name for name in head if name not in base)]:
        shown = name.removeprefix("initial ")
        if name not in head:
            yield f"{shown} (only in base)"
        elif name not in base:
            yield f"{shown} (only in head)"
        elif base[name].shape != head[name].shape:
            yield f"{shown} ({base[name].shape} -> {head[name].shape})"


def _other_model(changes: list[str]) -> Numerics:
    """Another model: there is nothing to subtract."""
    return Numerics(CHANGED, LARGEST, DOUBLE, ", ".join(changes))
