"""What a gate found, cell by cell and metric by metric.

Ratios are costs, head over base: above 1 is worse, whatever the unit says
(tokens per second are turned round). Floors, noise and tolerances are
fractions: 0.05 is five per cent.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

REGRESSED = "regressed"
IMPROVED = "improved"
UNCHANGED = "unchanged"
CANNOT_TELL = "cannot tell"
CHANGED = "changed"  # of mathematics only
NOT_MEASURED = "not measured"  # null, with its reason

SCHEMA = 1


@dataclass(frozen=True)
class Side:
    """One of the two trees, ready to be measured."""

    name: str  # base | head
    root: Path
    revision: str | None  # full hash
    dirty: bool
    pythons: dict[str, str]  # framework -> interpreter
    label: str = ""  # what was asked for: "origin/main", "this tree"


@dataclass(frozen=True)
class Metric:
    """Something that is compared."""

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
    """What is said of one metric of one cell."""

    metric: str
    unit: str
    word: str  # one of the words above
    ratio: float | None = None  # cost, head over base
    low: float | None = None  # 95 % interval of the ratio
    high: float | None = None
    pairs: int = 0
    floor: float | None = None
    noise: float | None = None  # standard deviation of one pair's log-ratio
    p: float | None = None  # one-sided, of the worse direction, after Holm
    confirmed: bool | None = None  # by fresh pairs; None: nothing to confirm
    more_pairs: int | None = None  # that would decide a "cannot tell"
    base: float | None = None  # median of its processes
    head: float | None = None
    reason: str | None = None  # why it was not measured, or cannot be told
    log_ratios: list[float] = field(default_factory=list)  # one per pair


@dataclass
class Mathematics:
    """Float64 results of head held against base, on the same parameters."""

    word: str  # unchanged | changed | not measured
    largest: float | None = None  # relative difference of the worst array
    bound: float = 1e-10
    array: str | None = None  # "gradient of hidden.kernel"
    differences: dict[str, float] = field(default_factory=dict)  # by stage
    # Where it changed: accuracy of short runs over paired seeds
    accuracy: Decision | None = None
    reason: str | None = None


@dataclass
class CellResult:
    """One cell on both sides."""

    title: str  # "cnn torch eager float32 cpu"
    cell: dict[str, Any]  # of head
    decisions: list[Decision] = field(default_factory=list)
    mathematics: Mathematics | None = None
    # dotted key -> [base, head], where the configurations differ
    configuration: dict[str, list[Any]] = field(default_factory=dict)
    environments: dict[str, Any] = field(default_factory=dict)  # by side
    fingerprints: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str | None = None  # could not be measured: one sentence

    @property
    def timed(self) -> list[Decision]:
        """The decisions that rest on pairs."""
        names = {m.name for m in METRICS if m.kind == "timed"}
        return [one for one in self.decisions if one.metric in names]


@dataclass
class Verdict:
    """All that `make gate` found: `reports/gate/gate.json` holds it."""

    base: dict[str, Any]  # label, revision, dirty, environment "own" or not
    head: dict[str, Any]
    started: str
    seconds: float
    seed: int
    settings: dict[str, Any]  # budget, floors, levels
    cells: list[CellResult]
    schema: int = SCHEMA

    def words(self) -> Iterator[tuple[CellResult, str, str]]:
        """(cell, metric, word) of everything that was said."""
        for cell in self.cells:
            for one in cell.decisions:
                yield cell, one.metric, one.word
            if cell.mathematics:
                yield cell, "mathematics", cell.mathematics.word
                if accuracy := cell.mathematics.accuracy:
                    yield cell, accuracy.metric, accuracy.word

    @property
    def code(self) -> int:
        """0 unchanged or improved, 1 regressed, 2 could not be measured.

        Changed mathematics is 1 unless the settings accept it; so is a
        regression beside something that could not be measured.
        """
        words = {word for _, _, word in self.words()}
        accepted = "mathematics" in self.settings.get("accept", ())
        if REGRESSED in words or (CHANGED in words and not accepted):
            return 1
        failed = any(cell.failure for cell in self.cells) or any(
            name == "mathematics" and word == NOT_MEASURED
            for _, name, word in self.words()
        )
        failed = failed or bool(self.settings.get("interrupted"))
        told = words - {NOT_MEASURED, CANNOT_TELL}
        return 2 if failed or CANNOT_TELL in words or not told else 0

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)
