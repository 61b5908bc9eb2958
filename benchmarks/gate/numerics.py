"""Whether head computes what base does: in float64, on the same numbers.

Each tree's own worker builds the cell's model by that tree's own settings;
both load the same parameters, which are far from any initial value, and see
the same batches. So a change of result is never sold as a speed-up.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

import impls
from benchmarks.gate.accuracy import accuracy
from benchmarks.gate.checkout.both_sides import Asked, both
from benchmarks.parity.compare import DOUBLE, LARGEST, worst
from benchmarks.passes.process import WorkerFailed
from benchmarks.passes.remote_runner import RemoteRunner
from benchmarks.records.verdict import (
    CHANGED,
    NOT_MEASURED,
    UNCHANGED,
    Mathematics,
    Side,
)
from impls.interface import Batch, Params

__all__ = ["accuracy", "compare", "judge"]

BATCH = 8  # examples: float64 at a workload's sizes is slow
STEPS, TRAJECTORY = 10, 30  # optimiser steps
HELD = 6  # batches: the last of them is only evaluated

Cell = dict[str, Any]
Stages = dict[str, Params]


def compare(
    base: Side,
    head: Side,
    base_cell: Cell,
    head_cell: Cell,
    files: Path,
) -> Mathematics:
    """Hold both sides' float64 results against each other, stage by stage.

    `files`: the folder for logs and scratch. Whatever fails is told in
    `reason`; nothing is raised but KeyboardInterrupt.
    """
    if "slide" in (_framework(base_cell), _framework(head_cell)):
        reason = "the book's own program can only train and evaluate"
        return Mathematics(NOT_MEASURED, reason=reason)
    if resized := _resized(base_cell, head_cell):
        return _other(resized)
    double = {"precision": "float64"}
    cells = base_cell | double, head_cell | double
    try:
        examples = _examples(head_cell)
        found = both(
            (base, head),
            cells,
            files,
            "mathematics",
            lambda asked: _compute(asked, examples),
        )
    except (WorkerFailed, OSError, ValueError) as problem:
        return Mathematics(NOT_MEASURED, reason=str(problem))
    return judge(*found)


def judge(base: Stages, head: Stages) -> Mathematics:
    """The word for what both have computed: stage -> name -> array.

    The first stage is what a new model starts from: it also tells names
    and shapes of its parameters.
    """
    if reshaped := _reshaped(
        *(next(iter(one.values())) for one in (base, head))
    ):
        return _other(reshaped)
    found = {stage: worst(base[stage], head[stage]) for stage in base}
    differences = {
        stage: min(error, LARGEST) for stage, (error, _) in found.items()
    }
    # The earliest of equals: what comes after it follows from it
    stage = max(differences, key=differences.__getitem__)
    largest = differences[stage]
    return Mathematics(
        UNCHANGED if largest <= DOUBLE else CHANGED,
        largest,
        DOUBLE,
        found[stage][1] if largest else None,
        differences,
    )


def _compute(asked: Asked, examples: Sequence[Batch]) -> Stages:
    """Stage -> arrays by name, in the order in which one leads to another."""
    workload = asked.cell["workload"]
    runner = RemoteRunner(
        asked.worker, workload["model"], workload["spec"], asked.setting
    )
    initial = runner.params()
    start = {name: _parameter(name, a.shape) for name, a in initial.items()}
    runner.load(start)
    scores = runner.scores(examples[0])
    loss, gradients = runner.gradients(examples[1])
    return {
        "initial parameters": _named("initial {}", initial),
        "scores": {"scores": scores},
        "loss and gradients": {
            "loss": np.array(loss),
            **_named("gradient of {}", gradients),
        },
        **_trained(runner, start, examples),
    }


def _trained(
    runner: RemoteRunner, start: Params, examples: Sequence[Batch]
) -> Stages:
    *seen, held = examples
    stream = [seen[step % len(seen)] for step in range(TRAJECTORY)]
    steps = [runner.train_steps(stream[:1])]
    one = runner.params()
    steps.append(runner.train_steps(stream[1:STEPS]))
    moved = {n: value - start[n] for n, value in runner.params().items()}
    steps.append(runner.train_steps(stream[STEPS:]))
    losses, accuracies = np.concatenate(steps).T
    loss, accuracy = runner.eval_steps([held])[0]
    return {
        "parameters after one step": _named("{} after one step", one),
        f"effect of {STEPS} steps": _named(f"{{}}, {STEPS} steps", moved),
        "trajectory": {"losses": losses, "accuracies": accuracies},
        "evaluation": {
            "evaluation loss": loss,
            "evaluation accuracy": accuracy,
            "evaluation scores": runner.scores(held),
        },
    }


def _named(form: str, arrays: Params) -> Params:
    return {form.format(name): array for name, array in arrays.items()}


def _parameter(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Nothing is zero; a function of name and shape, alike on both sides.

    Activations neither vanish nor saturate.
    """
    random = np.random.default_rng(crc32(name.encode()))
    if name.endswith(".variance"):
        return random.uniform(0.5, 1.5, shape)
    inputs = int(np.prod(shape[:-1])) if "kernel" in name else 4
    return random.normal(size=shape) / np.sqrt(inputs)


def _examples(cell: Cell) -> list[Batch]:
    """Random batches in which every fifth target is not valid."""
    workload = cell["workload"]
    spec = impls.spec(workload["model"])(**workload["spec"])
    drawn = spec.example(HELD * BATCH)
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
        for rows in np.split(np.arange(HELD * BATCH), HELD)
    ]


def _framework(cell: Cell) -> str:
    return str(cell["framework"]["name"])


def _resized(base: Cell, head: Cell) -> list[str]:
    """Sizes of the model that both know, and that differ.

    Not all of them change the shape of a parameter.
    """
    old, new = base["workload"]["spec"], head["workload"]["spec"]
    return [
        f"spec.{name} ({value} -> {new[name]})"
        for name, value in old.items()
        if name in new and new[name] != value
    ]


def _reshaped(base: Params, head: Params) -> list[str]:
    return list(_reshapings(_shapes(base), _shapes(head)))


def _reshapings(
    base: Mapping[str, tuple[int, ...]], head: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    for name, shape in base.items():
        if name not in head:
            yield f"{name} (only base has it)"
        elif head[name] != shape:
            yield f"{name} ({shape} -> {head[name]})"
    for name in head:
        if name not in base:
            yield f"{name} (only head has it)"


def _shapes(initial: Params) -> dict[str, tuple[int, ...]]:
    return {
        name.removeprefix("initial "): array.shape
        for name, array in initial.items()
    }


def _other(what: list[str]) -> Mathematics:
    """Another model: there is nothing to subtract."""
    return Mathematics(CHANGED, LARGEST, DOUBLE, ", ".join(what))
