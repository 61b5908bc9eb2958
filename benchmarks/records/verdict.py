"""The verdict of a gate: outcomes by cell and metric.

Ratios are costs, head over base: above 1 is worse, whatever the unit
(tokens per second are inverted). Floors, noise and tolerances are
fractions: 0.05 is five per cent.

Standard library only: the workflow that comments on a pull request installs
nothing.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.records.typed import Problems, Reader, interval_problems

REGRESSED = "regressed"
IMPROVED = "improved"
UNCHANGED = "unchanged"
INCONCLUSIVE = "inconclusive"
NOT_MEASURED = "not measured"  # null, with a reason
CHANGED = "changed"  # of numerics only
OUTCOMES = (REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE, NOT_MEASURED)
NUMERICS = (UNCHANGED, CHANGED, NOT_MEASURED)

SCHEMA = 2
MAX_BYTES = 20_000_000  # of a gate.json


@dataclass(frozen=True)
class Side:
    """One of the two trees, ready to be measured."""

    name: str  # base | head
    root: Path
    revision: str | None  # full hash
    dirty: bool
    pythons: dict[str, str]  # framework -> interpreter
    label: str = ""  # as the user named it: "origin/main", "this tree"


@dataclass(frozen=True)
class Metric:
    """A quantity that is compared."""

    name: str  # as in records: "training_step_milliseconds"
    unit: str
    kind: str  # timed: in pairs | exact: repeats exactly
    higher_is_better: bool = False


METRICS = (
    Metric("training_step_milliseconds", "milliseconds", "timed"),
    Metric("inference_latency_milliseconds", "milliseconds", "timed"),
    Metric("decoding_tokens_per_second", "tokens per second", "timed", True),
    Metric("compile_seconds", "seconds", "timed"),
    Metric("startup_seconds", "seconds", "timed"),
    Metric("host_peak_bytes", "bytes", "timed"),
    Metric("parameters_count", "count", "exact"),
    Metric("flops_per_example_count", "count", "exact"),
    Metric("compilations_count", "count", "exact"),
    Metric("compiled_static_bytes", "bytes", "exact"),
    Metric("allocator_peak_bytes", "bytes", "exact"),
)


@dataclass
class Decision:
    """The outcome of one metric of one cell."""

    metric: str
    unit: str
    outcome: str  # one of OUTCOMES
    ratio: float | None = None  # cost, head over base
    low: float | None = None  # 95 % interval of the ratio
    high: float | None = None
    pairs: int = 0
    floor: float | None = None
    noise: float | None = None  # standard deviation of one pair's log-ratio
    p: float | None = None  # one-sided, of the worse direction, after Holm
    confirmed: bool | None = None  # by fresh pairs; None: nothing to confirm
    more_pairs: int | None = None  # estimate of what a decision takes
    base: float | None = None  # median of its processes
    head: float | None = None
    reason: str | None = None  # why it is not measured, or inconclusive
    log_ratios: list[float] = field(default_factory=list)  # one per pair

    def problems(self) -> Problems:
        """What no decision may hold."""
        yield from _outcome(self.outcome, self.reason, OUTCOMES)
        yield from interval_problems(self.low, self.high)
        for name, value, expected in (
            ("ratio", self.ratio, "a number from 0 or null"),
            ("pairs", self.pairs, "a count from 0"),
            ("more_pairs", self.more_pairs, "a count from 0 or null"),
        ):
            if value is not None and value < 0:
                yield name, value, expected


@dataclass
class Numerics:
    """Float64 results of head and base, on the same parameters and batches."""

    outcome: str  # one of NUMERICS
    largest: float | None = None  # relative difference of the worst array
    bound: float = 1e-10
    array: str | None = None  # "gradient of hidden.kernel"
    differences: dict[str, float] = field(default_factory=dict)  # by stage
    # Where they changed: accuracy of short trainings over paired seeds
    accuracy: Decision | None = None
    reason: str | None = None

    def problems(self) -> Problems:
        """What no comparison of numerics may hold."""
        yield from _outcome(self.outcome, self.reason, NUMERICS)


@dataclass
class CellResult:
    """One cell on both sides."""

    title: str  # "cnn torch eager float32 cpu"
    cell: dict[str, Any]  # of head
    decisions: list[Decision] = field(default_factory=list)
    numerics: Numerics | None = None
    # dotted key -> [base, head], where the configurations differ
    configuration: dict[str, list[Any]] = field(default_factory=dict)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str | None = None  # could not be measured: one sentence

    @property
    def timed(self) -> list[Decision]:
        """The decisions that rest on pairs."""
        names = {metric.name for metric in METRICS if metric.kind == "timed"}
        return [d for d in self.decisions if d.metric in names]

    @property
    def compared(self) -> list[Decision]:
        """All decisions, with that on the accuracy where there is one."""
        accuracy = self.numerics and self.numerics.accuracy
        return [*self.decisions, *([accuracy] if accuracy else [])]

    @property
    def changed(self) -> bool:
        """Whether head computes other numbers than base."""
        return self.numerics is not None and self.numerics.outcome == CHANGED

    @property
    def outcomes(self) -> list[str]:
        """Those of all metrics and of the numerics."""
        numerics = [self.numerics.outcome] if self.numerics else []
        return [d.outcome for d in self.compared] + numerics

    def problems(self) -> Problems:
        """What no cell may hold."""
        for key, values in self.configuration.items():
            if len(values) != 2:
                yield f"configuration.{key}", values, "[base, head]"


@dataclass
class Revision:
    """A side as the verdict describes it."""

    label: str
    revision: str | None
    dirty: bool | None
    own_environment: bool = False


@dataclass
class Verdict:
    """All results of one gate, as `reports/gate/gate.json` holds them."""

    base: Revision
    head: Revision
    started: str
    seconds: float
    seed: int
    settings: dict[str, Any]  # budget, floors, levels
    cells: list[CellResult]
    accept: list[str] = field(default_factory=list)  # ["numerics"]
    skipped: dict[str, str] = field(default_factory=dict)  # cell -> why
    interrupted: bool = False
    schema: int = SCHEMA

    @property
    def outcomes(self) -> list[str]:
        """Those of all cells."""
        return [outcome for cell in self.cells for outcome in cell.outcomes]

    @property
    def accepted(self) -> bool:
        """Whether changed numerics are accepted."""
        return "numerics" in self.accept

    @property
    def exit_code(self) -> int:
        """0 unchanged or improved, 1 regressed, 2 not measured.

        Changed numerics are 1 unless accepted. 1 wins where both apply; 2
        stands for inconclusive metrics and an interruption as well.
        """
        outcomes = set(self.outcomes)
        if REGRESSED in outcomes:
            return 1
        if CHANGED in outcomes and not self.accepted:
            return 1
        failed = self.interrupted or any(
            cell.failure
            or (cell.numerics and cell.numerics.outcome == NOT_MEASURED)
            for cell in self.cells
        )
        decided = outcomes - {NOT_MEASURED, INCONCLUSIVE}
        return 2 if failed or INCONCLUSIVE in outcomes or not decided else 0

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    @staticmethod
    def load(content: Any) -> "Verdict":
        """The verdict of parsed JSON.

        Raises ValueError naming the key that is wrong, its value and what was
        expected.
        """
        reader = Reader("gate.json")
        if isinstance(content, dict) and content.get("schema") != SCHEMA:
            raise reader.wrong("schema", content.get("schema"), f"{SCHEMA}")
        verdict: Verdict = reader.read(Verdict, content)
        return verdict

    @staticmethod
    def read(path: Path) -> "Verdict":
        """The verdict of a `gate.json`.

        Raises ValueError as `load`, and OSError where the file cannot be
        opened.
        """
        with open(path, "rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ValueError(f"{path.name} has more than {MAX_BYTES:,} bytes")
        try:
            return Verdict.load(json.loads(raw))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ValueError(
                f"{path.name} is not whole JSON: {error}"
            ) from error
        except RecursionError as error:
            raise ValueError(f"{path.name} is nested too deeply") from error


def _outcome(
    outcome: str, reason: str | None, allowed: tuple[str, ...]
) -> Problems:
    if outcome not in allowed:
        yield "outcome", outcome, " | ".join(allowed)
    if outcome == NOT_MEASURED and not reason:
        yield "reason", reason, "why it was not measured"
