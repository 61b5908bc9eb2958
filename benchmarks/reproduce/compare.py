"""Comparison of a recorded cell with its repetition, number by number.

Quality (accuracies, losses, curves): bit for bit on the same machine with
the same code, else within an interval. Counts: equal. Times, throughputs and
bytes: within the recorded interval widened by a factor, on the same
machine only, and only where it was not busy with something else.
"""

from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
Bounds = tuple[float, float, str]  # low, high, where they come from

IDENTICAL = "identical"
WITHIN = "within"
DIFFERS = "differs"
NOT_COMPARED = "not compared"

NOISE = 1.5  # of a shared machine: Keras epochs took 1.3 s to 2.6 s
SEEDS = 3  # fewer seeds have no range worth the name
BUSY = 1.5  # load per core; a cell alone makes 1
CONTROL = "matmul_gflops_per_second"  # of the machine, not of the cell
OF_MACHINE = (CONTROL, "peak_share_fraction")  # the latter is made of it
UNCOMPARED = ("seconds", "step")  # curves that no run repeats, or all do


@dataclass(frozen=True)
class Finding:
    """One quantity: recorded and repeated, the verdict and its reason."""

    name: str
    verdict: str
    recorded: float | None
    repeated: float | None
    unit: str
    reason: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Terms:
    """Under which terms a record and its repetition are compared."""

    same_machine: bool
    same_code: bool
    deterministic: bool
    margin: float | None = None  # accuracies nearer than this are equivalent
    peers: list[Record] = field(default_factory=list)  # its other seeds
    noise: float = NOISE

    @property
    def strict(self) -> bool:
        """Whether quality is expected bit for bit."""
        return self.same_machine and self.same_code and self.deterministic

    @property
    def why(self) -> str:
        """Why quality is not expected bit for bit."""
        reasons = [
            "another fingerprint" * (not self.same_machine),
            "other code" * (not self.same_code),
            "the cell is not deterministic" * (not self.deterministic),
        ]
        return ", ".join(filter(None, reasons))


def compare(old: Record, new: Record, terms: Terms) -> list[Finding]:
    """A finding for each metric and curve of the recorded `old`."""
    findings, busy = [], _busy(old, new, terms.noise)
    for name, metric in old["metrics"].items():
        again = new["metrics"].get(name)
        verdict, reason, *bounds = _judge(name, metric, again, terms, busy)
        values = metric["value"], again["value"] if again else None
        unit = metric.get("unit") or ""
        findings.append(Finding(name, verdict, *values, unit, reason, *bounds))
    for kind, curves in old["curves"].items():
        for name, curve in curves.items():
            # Without this kind, its pass was not repeated
            if kind in new["curves"] and name not in UNCOMPARED:
                again = new["curves"][kind].get(name, [])
                verdict, reason = _judge_curve(curve, again, terms)
                name = f"curve {kind}/{name}"
                ends = (
                    curve[-1] if curve else None,
                    again[-1] if again else None,
                )
                findings.append(Finding(name, verdict, *ends, "", reason))
    return findings


def _is_quality(name: str) -> bool:
    """Accuracies and losses, which the mathematics alone decides."""
    return name.endswith(("_accuracy", "_loss"))


def differences(old: Any, new: Any, path: str = "") -> dict[str, list[Any]]:
    """Dotted key -> [recorded, now], of keys that were recorded."""
    different: dict[str, list[Any]] = {}
    for name, value in old.items():
        key, now = f"{path}{name}", new.get(name)
        if isinstance(value, dict) and isinstance(now, dict):
            # A flag that is set now and was not is a difference, too
            value = dict.fromkeys(now) | value
            different |= differences(value, now, f"{key}.")
        elif value != now:
            different[key] = [value, now]
    return different


def _judge(
    name: str, old: Record, new: Record | None, terms: Terms, busy: str
) -> tuple:
    """Verdict and reason, and the bounds if it was compared with any."""
    if new is None:
        return NOT_COMPARED, "its pass was not run again"
    if old["value"] is None or new["value"] is None:
        missing = old if old["value"] is None else new
        both = old["value"] is None and new["value"] is None
        verdict = DIFFERS if _is_quality(name) and not both else NOT_COMPARED
        return verdict, missing.get("reason") or "there is no value"
    if _is_quality(name) or old.get("unit") == "count":
        return _judge_quality(name, old, new["value"], terms)
    if not terms.same_machine:
        return NOT_COMPARED, "another fingerprint: shown, not judged"
    if name in OF_MACHINE:
        return NOT_COMPARED, "of the machine, not of the cell"
    if busy and old.get("unit") != "bytes":
        return NOT_COMPARED, busy
    lacking = "measured once, and fewer than three seeds: no interval"
    return _within(new["value"], _of_speed(name, old, terms), lacking)


def _judge_quality(name: str, old: Record, value: float, terms: Terms) -> tuple:
    if value == old["value"]:
        return IDENTICAL, "bit for bit"
    if name == "compilations_count" and not terms.same_machine:
        return NOT_COMPARED, "another fingerprint"
    if old.get("unit") == "count" or terms.strict:
        return DIFFERS, "expected bit for bit"
    lacking = f"{terms.why}, and one run has no interval"
    return _within(value, _of_quality(name, old["value"], terms), lacking)


def _within(value: float, bounds: Bounds | None, lacking: str) -> tuple:
    if bounds is None:
        return NOT_COMPARED, lacking
    low, high, source = bounds
    return WITHIN if low <= value <= high else DIFFERS, source, low, high


def _busy(old: Record, new: Record, noise: float) -> str:
    """Why the machine is slower or faster than it was, or nothing.

    By its load, and by its throughput of matrix products, which is measured
    with the cell's times.
    """
    for when, record in (("when recorded", old), ("now", new)):
        around = record.get("environment", {})
        load, cores = around.get("load_average"), around.get("cores")
        if load and cores and load[0] > BUSY * cores:
            return f"a busy machine: load {load[0]:.1f} on {cores} cores {when}"
    pair = [r["metrics"].get(CONTROL, {}).get("value") for r in (old, new)]
    if None in pair or 1 / noise <= pair[1] / pair[0] <= noise:
        return ""
    return (
        f"the machine itself is not as fast as then: it multiplies matrices"
        f" at {pair[1]:.0f} GFLOP/s, recorded {pair[0]:.0f}"
    )


def _of_quality(name: str, recorded: float, terms: Terms) -> Bounds | None:
    """Where a quality figure of other code or another machine must lie.

    The range of the recorded seeds, on both sides wider by the workload's
    margin, a loss (which has no margin) by the range itself. A seed alone:
    the margin around it.
    """
    margin = terms.margin if name.endswith("_accuracy") else None
    values = _values(name, recorded, terms)
    if len(values) < SEEDS:
        if margin is None:
            return None
        low, high = recorded - margin, recorded + margin
        return low, high, f"the record, margin {margin:g} ({terms.why})"
    low, high = min(values), max(values)
    wider = high - low if margin is None else margin
    by = "as much again" if margin is None else f"margin {margin:g}"
    seeds = f"range of {len(values)} seeds"
    source = f"{seeds}, {by} on both sides ({terms.why})"
    return low - wider, high + wider, source


def _of_speed(name: str, old: Record, terms: Terms) -> Bounds | None:
    low, high, source = old.get("low"), old.get("high"), "recorded interval"
    if low is None or high is None:
        values = _values(name, old["value"], terms)
        if len(values) < SEEDS:
            return None
        low, high = min(values), max(values)
        source = f"range of {len(values)} seeds"
    source += f", by a factor of {terms.noise:g} for the machine's noise"
    return low / terms.noise, high * terms.noise, source


def _values(name: str, own: float, terms: Terms) -> list[float]:
    metrics = [peer["metrics"].get(name, {}) for peer in terms.peers]
    others = [metric.get("value") for metric in metrics]
    return [own, *(value for value in others if value is not None)]


def _judge_curve(old: list, new: list, terms: Terms) -> tuple[str, str]:
    points = f"{len(old)} point{'s' * (len(old) != 1)}"
    if old == new:
        return IDENTICAL, f"{points}, bit for bit"
    if len(old) != len(new):
        return DIFFERS, f"{points} recorded, {len(new)} now"
    pairs = list(zip(old, new, strict=True))
    if terms.strict:
        first = next(n for n, (a, b) in enumerate(pairs) if a != b)
        point = f"point {first} was {old[first]}, is {new[first]}"
        return DIFFERS, f"expected bit for bit; {point}"
    gaps = [abs(a - b) for a, b in pairs if None not in (a, b)]
    largest = f"{max(gaps):.2g}" if gaps else "not a number"
    return NOT_COMPARED, f"{terms.why}; largest difference {largest}"
