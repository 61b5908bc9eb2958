"""Whether base and head compute the same numbers, in float64.

Each tree's own worker builds the cell's model by that tree's own settings;
both load the same parameters and get the same batches.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from benchmarks.gate.checkout.both_sides import Tree, both
from benchmarks.gate.render.context import different
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
    specs = [cell["workload"]["spec"] for cell in cells]
    shared = specs[0].keys() & specs[1].keys()
    sizes = [{f"spec.{name}": spec[name] for name in shared} for spec in specs]
    if changes := _changes(*sizes):  # not all change a parameter's shape
        return _other_model(changes)
    old, new = (cell | {"precision": "float64"} for cell in cells)
    try:
        examples = _examples(new)
        stages = both(
            sides,
            (old, new),
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
    shapes = [
        {n.removeprefix("initial "): a.shape for n, a in side[first].items()}
        for side in (base, head)
    ]
    if changes := _changes(*shapes):
        return _other_model(changes)
    worsts = {stage: worst(base[stage], head[stage]) for stage in base}
    differences = {s: min(error, LARGEST) for s, (error, _) in worsts.items()}
    # The earliest of equals: later stages depend on it
    stage = max(differences, key=differences.__getitem__)
    largest = differences[stage]
    return Numerics(
        UNCHANGED if largest <= DOUBLE else CHANGED,
        largest,
        DOUBLE,
        worsts[stage][1] if largest else None,
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


def _changes(base: dict[str, Any], head: dict[str, Any]) -> str:
    """Sizes or shapes that differ, in words; "" where none do."""
    words = []
    for name, (old, new) in different(base, head).items():
        change = f"{old} -> {new}"
        if None in (old, new):
            change = "only in base" if new is None else "only in head"
        words.append(f"{name} ({change})")
    return ", ".join(words)


def _other_model(changes: str) -> Numerics:
    """Another model: there is nothing to subtract."""
    return Numerics(CHANGED, LARGEST, DOUBLE, changes)
