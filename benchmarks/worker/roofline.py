"""The machine's peak, measured by the same library in the same worker."""

from collections.abc import Callable
from statistics import median

from benchmarks.records.metric import Metric, summary, unknown
from benchmarks.worker.timing import Clock

SIZES = {"cpu": (512, 1024, 2048), "cuda": (2048, 4096, 8192)}
REPEATS = 7
# The backward pass makes two products of every one of the forward pass:
# one for the inputs' gradient, one for the parameters'
TRAINING_PER_FORWARD = 3


def ceiling(
    matmul: Callable[[int], Callable[[], None]], device: str, clock: Clock
) -> Metric:
    """Best median GFLOP/s of a square matrix product over a few sizes."""
    samples = [_gflops(matmul(size), size, clock) for size in SIZES[device]]
    best = max(samples, key=median)
    return summary(best, "GFLOP/s", f"products, best of sizes {SIZES[device]}")


def share(flops: int, throughput: Metric, peak: Metric) -> Metric:
    """Training's floating-point operations as a fraction of the ceiling.

    `flops`: of one example's forward pass. The interval is that of the
    throughput; the ceiling has none.
    """
    if throughput["value"] is None or peak["value"] is None:
        return unknown("fraction", throughput["reason"] or peak["reason"])
    scale = TRAINING_PER_FORWARD * flops / (1e9 * peak["value"])
    scaled = {
        edge: None if throughput[edge] is None else scale * throughput[edge]
        for edge in ("value", "low", "high")
    }
    return throughput | scaled | {"unit": "fraction"}


def _gflops(
    product: Callable[[], None], size: int, clock: Clock
) -> list[float]:
    product()  # compiles, and allocates
    samples = []
    for _ in range(REPEATS):
        started = clock()
        product()
        samples.append(2 * size**3 / (clock() - started) / 1e9)
    return samples
