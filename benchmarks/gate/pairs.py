"""A pair: a fresh process of either tree, measured side by side.

Both start, build and compile at the same time. Then their timed blocks
alternate, so that disturbances by the machine affect both: `docs/gate.md`.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.passes.process import Worker, WorkerFailed
from benchmarks.passes.remote_runner import open_worker
from benchmarks.records.verdict import METRICS, Side
from benchmarks.worker import arrays, request

TIMER = Path(__file__).with_name("timer.py")
BATCHES = 20  # of random examples: their content does not affect the time
# kind of step -> metric, and its units per second of a step
STEPS = {
    "training": ("training_step_milliseconds", 1000.0),
    "inference": ("inference_latency_milliseconds", 1000.0),
    "decoding": ("decoding_tokens_per_second", None),
}
TIMED = tuple(metric for metric in METRICS if metric.kind == "timed")
TOKENS = "decoded_tokens_count"  # of one step of decoding

Cell = dict[str, Any]
Sample = dict[str, dict[str, Any]]  # metric -> {"value", "reason"}


@dataclass
class Blocks:
    """How a process is timed; the same on both sides."""

    cycles: int = 16  # blocks of either side
    seconds: float = 0.06  # of a block
    discard_seconds: float = 0.06  # before it, not measured
    min_steps: int = 2  # of a block, and of what is discarded


@dataclass
class Pair:
    """Two workers that have been built, compiled and warmed up."""

    workers: tuple[Worker, Worker]  # base, head
    samples: tuple[Sample, Sample]
    order: int  # 1: base started first, -1: head did
    random: random.Random
    steps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def blocks(self, kind: str, cycles: int) -> tuple[list[float], ...]:
        """Seconds per step, block by block, of base and of head."""
        seconds: tuple[list[float], ...] = ([], [])
        # Strictly in turn: a block that follows one of its own process is
        # faster, by up to 3 % (TensorFlow), and as many must on both sides
        first = self.random.choice((0, 1))
        for _ in range(cycles):
            for side in (first, 1 - first):
                seconds[side].append(self.block(side, kind))
        return seconds

    def block(self, side: int, kind: str, switched: bool = True) -> float:
        """Seconds per step of one block of a side.

        `switched`: the other process worked before, so that some steps are
        discarded.
        """
        steps, discard = self.steps[kind]
        discard = discard if switched else 0
        answer = self.workers[side].ask(
            "block", kind=kind, steps=steps, discard=discard
        )
        return float(answer["seconds"]) / steps

    def both(self, verb: str, *arguments: dict[str, Any]) -> list[Any]:
        """Send a request to both at once; `arguments`: of each, or none."""
        given = arguments or ({}, {})
        for worker, own in zip(self.workers, given, strict=True):
            worker.begin(verb, **own)
        return [worker.finish(verb) for worker in self.workers]

    def sample(self, verb: str, *arguments: dict[str, Any]) -> None:
        """The same; the answers are metrics, added to the samples."""
        answers = self.both(verb, *arguments)
        for sample, metrics in zip(self.samples, answers, strict=True):
            sample |= metrics


@contextmanager
def open_pair(
    sides: tuple[Side, Side],
    cells: tuple[Cell, Cell],
    files: Path,
    seed: int,
    kinds: Sequence[str],
    how: Blocks,
    base_first: bool,
    session: Path = TIMER,
) -> Iterator[Pair]:
    """Start base and head afresh, up to and with their warm-up.

    `files`: for their logs and scratch folders. `session`: the file of the
    measuring code. Raises FrameworkMissing and WorkerFailed, with the side's
    name in its reason.
    """
    examples = example(cells[1], files / "examples")
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        both = list(zip(sides, cells, strict=True))
        for side, cell in both if base_first else reversed(both):
            worker = open_worker(
                cell,
                files,
                side.name,
                label=side.name,
                python=side.pythons[cell["framework"]["name"]],
                root=side.root,
                session=session,
            )
            workers[side.name] = stack.enter_context(worker)
        pair = Pair(
            (workers["base"], workers["head"]),
            samples=({}, {}),
            order=1 if base_first else -1,
            random=random.Random(seed),
        )
        _prepare(pair, cells, examples)
        for kind in kinds:
            _warm(pair, kind, how)
        pair.sample("figures")
        yield pair


def measure(pair: Pair, how: Blocks) -> tuple[Sample, Sample]:
    """Time all kinds that are warmed up; the samples of base and of head."""
    compiled = pair.both("compilations")
    for kind in pair.steps:
        name, scale = STEPS[kind]
        timed = pair.blocks(kind, how.cycles)
        for sample, blocks in zip(pair.samples, timed, strict=True):
            seconds = median(blocks)
            if scale:
                value = scale * seconds
            else:
                value = sample.get(TOKENS, {"value": 1})["value"] / seconds
            sample[name] = {"value": value, "reason": None}
    if pair.both("compilations") != compiled:
        raise WorkerFailed(
            "a program was compiled inside a timed region: expected steps alone"
        )
    return pair.samples


def example(cell: Cell, folder: Path) -> dict[str, Any]:
    """Random examples of the cell's model, as a data description."""
    if not folder.exists():
        batch_size = cell["workload"]["data"]["batch_size"]
        drawn = request.spec(cell).example(BATCHES * batch_size)
        arrays.save_examples(folder, drawn)
    return arrays.examples(folder)


def _prepare(
    pair: Pair, cells: tuple[Cell, Cell], examples: dict[str, Any]
) -> None:
    """Build both models, freeze what the main phase freezes, compile."""
    pair.sample("build", *map(request.build_arguments, cells))
    frozen = [cell["workload"]["freeze"] for cell in cells]
    if any(frozen):
        pair.both("freeze", *({"names": names or []} for names in frozen))
    batch_size = cells[1]["workload"]["data"]["batch_size"]
    opened = {"split": examples, "batch": batch_size}
    pair.both("open", opened, opened)
    pair.sample("compile")


def _warm(pair: Pair, kind: str, how: Blocks) -> None:
    """Warm both up alike, and set how many steps a block of both has."""
    # One after the other: each alone on the processor, as in its blocks
    answers = [worker.ask("warm", kind=kind) for worker in pair.workers]
    reasons = [answer["reason"] for answer in answers if answer["reason"]]
    if reasons:
        for sample in pair.samples:
            sample[STEPS[kind][0]] = {"value": None, "reason": reasons[0]}
        return
    if kind == "decoding":
        for sample, answer in zip(pair.samples, answers, strict=True):
            sample[TOKENS] = {"value": answer["tokens"], "reason": None}
    slower = max(answer["seconds"] for answer in answers)
    pair.steps[kind] = (
        max(how.min_steps, round(how.seconds / slower)),
        max(how.min_steps, round(how.discard_seconds / slower)),
    )
