"""Numbers in words and figures: units, decimals, signs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

NONE = "–"  # a value that could not be measured
WORDS = [
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight"),
    *("nine", "ten", "eleven", "twelve"),
]


@dataclass(frozen=True)
class Measure:
    """How one column is shown: title, unit, and factor to that unit.

    optional: only of workloads that have it, or a reason why it is missing.
    """

    column: str
    title: str
    unit: str
    factor: float = 1.0
    optional: bool = False


RATE = "training_examples_per_second"
ACCURACY = "test_accuracy_fraction"
TRAINING = Measure(RATE, "Training", "examples/s")
MEASURES = [
    TRAINING,
    Measure("ratio", "Against the slide", "× slide"),
    Measure("keras_ratio", "Against Keras 3", "× on the same backend"),
    Measure(ACCURACY, "Test accuracy", "%", 100),
    Measure("test_bleu_points", "BLEU", "points", optional=True),
    Measure("test_chrf_points", "chrF", "points", optional=True),
    Measure("test_bits_per_token", "Test loss", "bits/token", optional=True),
    Measure("inference_examples_per_second", "Inference", "examples/s"),
    Measure(
        "decoding_tokens_per_second", "Decoding", "tokens/s", optional=True
    ),
    Measure("inference_latency_milliseconds", "Latency", "ms, batch 1"),
    Measure("startup_seconds", "Start-up", "s"),
    Measure("programs_count", "Programs", "compiled", optional=True),
    Measure("padding_fraction", "Padding", "%", 100, optional=True),
    Measure("peak_share_fraction", "Share of peak", "%", 100),
    Measure("host_peak_bytes", "Host peak", "MB", 1e-6),
    Measure("allocator_peak_bytes", "Device peak", "MB", 1e-6),
]
STARTUP = [
    Measure("import_seconds", "import", "s"),
    Measure("build_seconds", "build", "s"),
    Measure("compile_seconds", "compile", "s"),
    Measure("first_step_seconds", "first step", "s"),
]


def decimals(values: Iterable[float | None], digits: int = 3) -> int:
    """Decimals that show `digits` figures of the smallest value."""
    sizes = [abs(value) for value in values if value]
    sizes = [size for size in sizes if math.isfinite(size)]
    if not sizes:
        return 0
    leading = math.floor(math.log10(min(sizes)))
    return min(max(digits - 1 - leading, 0), 4)


def fixed(value: float | None, places: int, sign: bool = False) -> str:
    """`1,234.50`; with `sign` also `+` and a true minus."""
    if value is None or math.isnan(value):
        return NONE
    text = f"{value:{'+' if sign else ''},.{places}f}"
    return text.replace("-", "−")


def between(low: float | None, high: float | None, places: int) -> str:
    """`[low, high]`, or nothing where there is no interval."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"[{fixed(low, places)}, {fixed(high, places)}]"


def tiny(value: float | None) -> str:
    """A small error in two figures: `3.1e-15`."""
    if value is None:
        return NONE
    return "0" if value == 0 else f"{value:.1e}"


def duration(seconds: float | None) -> str:
    """`41 s`, `6 min 12 s`, `2 h 05 min`."""
    if seconds is None:
        return NONE
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def capital(text: str) -> str:
    """A text with a capital first."""
    return text[:1].upper() + text[1:]


def word(count: int) -> str:
    """Small counts as words."""
    return WORDS[count] if 0 <= count < len(WORDS) else str(count)


def plural(count: int, singular: str, many: str | None = None) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


def seeds(counts: Iterable[int]) -> str:
    """`1 seed`, `5 seeds`, `4 to 5 seeds`; empty without any."""
    ordered = sorted(counts)
    if not ordered:
        return ""
    low, high = ordered[0], ordered[-1]
    return plural(high, "seed") if low == high else f"{low} to {high} seeds"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *head, last = list(words) or [""]
    return f"{', '.join(head)} and {last}" if head else last
