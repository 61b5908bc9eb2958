"""One pair: a fresh process of either tree, measured side by side.

Both start, import, build and compile at the same time, each disturbed by
the other alike. Then their blocks alternate, in an order that is drawn and
seeded, while the other process waits: what the machine does meanwhile it
does to both.
"""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import impls
from benchmarks.environment.env_vars import variables
from benchmarks.passes.process import Worker, WorkerFailed
from benchmarks.records.verdict import METRICS, Side
from benchmarks.worker import arrays
from benchmarks.worker.request import setting

PROBE = Path(__file__).with_name("timer.py")
BATCHES = 20  # of random examples: what is in them takes no time
# kind of step -> metric, units per second of a step
STEPS = {
    "training": ("training_step_milliseconds", 1000.0),
    "inference": ("inference_latency_milliseconds", 1000.0),
    "decoding": ("decoding_tokens_per_second", None),
}
TOKENS = "decoded_tokens_count"  # of one step of decoding
ONE = {"value": 1}

Cell = dict[str, Any]
Sample = dict[str, dict[str, Any]]  # metric -> {"value", "reason"}


@dataclass
class Blocks:
    """How a process is timed; the same on both sides."""

    cycles: int = 16  # blocks of either side
    seconds: float = 0.06  # of a block
    discard_seconds: float = 0.06  # before it, not measured
    fewest: int = 2  # steps of a block, and of what is discarded


BLOCKS = Blocks()


@dataclass
class Pair:
    """Two workers that have been built, compiled and warmed."""

    workers: tuple[Worker, Worker]  # base, head
    samples: tuple[Sample, Sample]
    order: int  # 1: base started first, -1: head did
    random: random.Random
    steps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def blocks(self, kind: str, cycles: int) -> tuple[list[float], ...]:
        """Seconds per step, block by block, of base and of head."""
        found: tuple[list[float], ...] = ([], [])
        # Strictly in turn: a block that follows one of its own process is
        # faster, by up to 3 % (TensorFlow), and as many must on both sides
        first = self.random.choice((0, 1))
        for _ in range(cycles):
            for side in (first, 1 - first):
                found[side].append(self.block(side, kind))
        return found

    def block(self, side: int, kind: str, switched: bool = True) -> float:
        """Seconds per step of one block of a side.

        `switched`: the other process worked before, so that some steps are
        discarded.
        """
        steps, before = self.steps[kind]
        told = self.workers[side].ask(
            "block", kind=kind, steps=steps, discard=before if switched else 0
        )
        return float(told["seconds"]) / steps

    def both(self, verb: str, *arguments: dict[str, Any]) -> list[Any]:
        """Ask both at once; `arguments`: of each, or none."""
        return _both(self.workers, verb, arguments)


def _both(
    workers: tuple[Worker, ...],
    verb: str,
    arguments: tuple[dict[str, Any], ...] = (),
) -> list[Any]:
    for worker, given in zip(workers, arguments or ({}, {}), strict=True):
        worker.begin(verb, **given)
    return [worker.finish(verb) for worker in workers]


@contextmanager
def open_pair(
    sides: tuple[Side, Side],
    cells: tuple[Cell, Cell],
    files: Path,
    seed: int,
    kinds: tuple[str, ...] = ("training", "inference", "decoding"),
    how: Blocks = BLOCKS,
    base_first: bool = True,
    probe: Path = PROBE,
) -> Iterator[Pair]:
    """Start base and head afresh, up to and with their warm-up.

    `files`: for their logs and scratch folders. `probe`: the file of the
    measuring code. Raises FrameworkMissing and WorkerFailed, with the side's
    name in its reason.
    """
    examples = example(cells[1], files / "examples")
    with ExitStack() as stack:
        started: dict[int, Worker] = {}
        for number in (0, 1) if base_first else (1, 0):
            worker = _worker(sides[number], cells[number], files, probe)
            started[number] = stack.enter_context(worker)
        workers = started[0], started[1]
        built = _both(workers, "build", tuple(map(_built, cells)))
        frozen = [cell["workload"].get("freeze") or [] for cell in cells]
        if any(frozen):  # as the main phase of the workload trains
            _both(workers, "freeze", tuple({"names": one} for one in frozen))
        opened = {"split": examples, "batch": _batch(cells[1])}
        _both(workers, "open", (opened, opened))
        compiled = _both(workers, "compile")
        pair = Pair(
            workers,
            ({}, {}),
            1 if base_first else -1,
            random.Random(seed),
        )
        for sample, *told in zip(pair.samples, built, compiled, strict=True):
            _take(sample, *told)
        for kind in kinds:
            _warm(pair, kind, how)
        for sample, told in zip(
            pair.samples, pair.both("figures"), strict=True
        ):
            sample |= told
        yield pair


def measure(pair: Pair, how: Blocks = BLOCKS) -> tuple[Sample, Sample]:
    """Time all that has been warmed; the samples of base and of head."""
    compiled = pair.both("compilations")
    for kind in pair.steps:
        name, scale = STEPS[kind]
        for sample, blocks in zip(
            pair.samples, pair.blocks(kind, how.cycles), strict=True
        ):
            seconds = median(blocks)
            value = (
                scale * seconds
                if scale
                else sample.get(TOKENS, ONE)["value"] / seconds
            )
            sample[name] = {"value": value, "reason": None}
    if pair.both("compilations") != compiled:
        raise WorkerFailed(
            "something was compiled inside a timed region, where no time but"
            " the steps' own may fall"
        )
    return pair.samples


def example(cell: Cell, folder: Path) -> dict[str, Any]:
    """Random examples of the cell's model, as a data description."""
    workload = cell["workload"]
    if not folder.exists():
        spec = impls.spec(workload["model"])(**workload["spec"])
        arrays.save_examples(folder, spec.example(BATCHES * _batch(cell)))
    return arrays.examples(folder)


def _batch(cell: Cell) -> int:
    return int(cell["workload"]["batch"])


def _built(cell: Cell) -> dict[str, Any]:
    workload = cell["workload"]
    return {
        "model": workload["model"],
        "spec": workload["spec"],
        "setting": setting(cell),
    }


class SideWorker(Worker):
    """A worker whose failures say which tree it ran."""

    side = ""

    def begin(self, verb: str, **arguments: Any) -> None:
        with self._named():
            super().begin(verb, **arguments)

    def finish(self, *arguments: Any, **named: Any) -> Any:
        with self._named():
            return super().finish(*arguments, **named)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except WorkerFailed as failed:
            reason = f"{self.side}: {failed.reason}"
            raise type(failed)(reason, failed.log_tail) from None


def _worker(side: Side, cell: Cell, files: Path, probe: Path) -> Worker:
    name = cell["framework"]["name"]
    worker = SideWorker(
        name,
        python=side.pythons[name],
        log=files / f"{side.name}.log",
        scratch=files,
        environment=variables(cell),
        root=side.root,
        session=probe,
    )
    worker.side = side.name
    return worker


def _take(
    sample: Sample, built: dict[str, Any], compiled: dict[str, Any]
) -> None:
    for name, value in (built | compiled).items():
        eager = "nothing is compiled in this mode" if value is None else None
        sample[name] = {"value": value, "reason": eager}


def _warm(pair: Pair, kind: str, how: Blocks) -> None:
    """Warm both alike, and fix how many steps a block of both has."""
    told = [worker.ask("warm", kind=kind) for worker in pair.workers]
    lacking = [one for one in told if one["seconds"] is None]
    if lacking:
        for sample in pair.samples:
            sample[STEPS[kind][0]] = {
                "value": None,
                "reason": lacking[0]["reason"],
            }
        return
    for sample, one in zip(pair.samples, told, strict=True):
        if kind == "decoding":
            sample[TOKENS] = {"value": one["tokens"], "reason": None}
    slower = max(one["seconds"] for one in told)
    pair.steps[kind] = (
        max(how.fewest, round(how.seconds / slower)),
        max(how.fewest, round(how.discard_seconds / slower)),
    )


TIMED = tuple(metric.name for metric in METRICS if metric.kind == "timed")
