"""Figures that nobody measured: what records hold, and how they differ."""

import math
import random
from typing import Any

SEEDS = (1, 2, 3, 4, 5)
MODES = {
    "slide": "tensorflow",
    "torch": "eager",
    "tensorflow": "graph",
    "jax": "jit",
}
VERSIONS = {
    "slide": {"tensorflow": "2.21.0", "keras": "3.15.1"},
    "torch": {"torch": "2.13.0"},
    "tensorflow": {"tensorflow": "2.21.0", "keras": "3.15.1"},
    "jax": {"jax": "0.10.2", "flax": "0.12.8", "optax": "0.2.8"},
}
# workload: data, synthetic, batch, epochs, (train, validation, test), margin
WORKLOADS: dict[str, tuple] = {
    "cnn": ("fashion_mnist", False, 200, 5, (60000, 0, 10000), 0.01),
    "rnn": ("imdb", False, 32, 2, (20000, 5000, 25000), 0.02),
    "bilstm": ("synthetic_imdb", True, 32, 2, (20000, 5000, 25000), 0.02),
}
SPEED = {
    "cnn": {"slide": 15800, "torch": 19400, "tensorflow": 27900, "jax": 14200},
    "rnn": {"slide": 3050, "torch": 6200, "tensorflow": 5900, "jax": 11100},
    "bilstm": {"slide": 1600, "torch": 2450, "tensorflow": 2900, "jax": 2880},
}
ACCURACY = {"cnn": 0.8802, "rnn": 0.7780, "bilstm": 0.8057}
FLOPS = {"cnn": 950_000, "rnn": 1_640_000, "bilstm": 6_600_000}
PARAMETERS = {"cnn": 225_034, "rnn": 1_313_025, "bilstm": 1_412_225}
NOT_ON_CPU = "this device has no allocator statistics"


def metrics(
    workload: str, framework: str, seed: int, draws: random.Random
) -> dict[str, Any]:
    speed = SPEED[workload][framework] * (0.97 + 0.06 * draws.random())
    accuracy = ACCURACY[workload] + draws.gauss(0, 0.004)
    if (workload, framework) == ("rnn", "tensorflow"):
        accuracy -= 0.05  # so that one comparison comes out different
    count = sum(WORKLOADS[workload][4][:1]) * WORKLOADS[workload][3]
    batch = WORKLOADS[workload][2]
    ceiling = 160 + draws.gauss(0, 2)
    reach = 3 * FLOPS[workload] * speed / 1e9 / ceiling
    start = {"slide": 3.9, "tensorflow": 3.8, "torch": 1.4, "jax": 1.1}
    compiles = {"slide": 0.0, "tensorflow": 0.4, "torch": 0.0, "jax": 1.3}
    over = "blocks of one process"
    return {
        "test_accuracy": _value(accuracy, "fraction"),
        "test_loss": _value(0.4 + draws.gauss(0, 0.01), "nats"),
        "validation_accuracy": _missing("this workload holds nothing out")
        if workload == "cnn"
        else _value(accuracy + 0.01, "fraction"),
        "train_accuracy": _value(accuracy + 0.03, "fraction"),
        "train_loss": _value(0.25 + draws.gauss(0, 0.01), "nats"),
        "training_seconds": _value(count / speed, "seconds"),
        "time_to_target_seconds": _missing("this workload has no target"),
        "import_seconds": _value(start[framework] + draws.random(), "seconds"),
        "build_seconds": _value(0.05 + 0.1 * draws.random(), "seconds"),
        "compile_seconds": _value(compiles[framework], "seconds")
        if compiles[framework]
        else _missing("eager: nothing is compiled"),
        "first_step_seconds": _value(0.1 + draws.random() / 5, "seconds"),
        "training_examples_per_second": _spread(speed, "examples/s", over),
        "training_step_milliseconds": _spread(
            1000 * batch / speed, "milliseconds", over
        ),
        "inference_examples_per_second": _spread(
            3.1 * speed, "examples/s", over
        ),
        "inference_latency_milliseconds": _spread(
            0.4 + draws.random(), "milliseconds", "batch-1 calls"
        ),
        "compilations_count": _value(0, "count"),
        "host_peak_bytes": _value(
            4e8 + 2e8 * start[framework] + 1e7 * draws.random(), "bytes"
        ),
        "allocator_peak_bytes": _missing(NOT_ON_CPU),
        "allocator_reserved_bytes": _missing(NOT_ON_CPU),
        "driver_process_bytes": _missing("no NVIDIA driver on this machine"),
        "flops_per_example_count": _value(FLOPS[workload], "count"),
        "matmul_gflops_per_second": _value(ceiling, "GFLOP/s"),
        "peak_share_fraction": _value(reach, "fraction"),
        "parameters_count": _value(PARAMETERS[workload], "count"),
    }


def curves(
    workload: str, framework: str, draws: random.Random
) -> dict[str, Any]:
    _, _, batch, epochs, sizes, _ = WORKLOADS[workload]
    holds_out, last = workload != "cnn", sizes[0] // batch * epochs
    steps = list(range(1, last + 1, max(last // 100, 1)))
    start = 2.3 if workload == "cnn" else 0.69
    losses = [
        0.28
        + (start - 0.28) * math.exp(-6 * step / last)
        + draws.gauss(0, 0.04)
        for step in steps
    ]
    ends = range(1, epochs + 1)
    loss = [0.3 + 0.5 / n + draws.gauss(0, 0.005) for n in ends]
    return {
        "epoch": {
            "train_loss": loss,
            "train_accuracy": [1 - value / 3 for value in loss],
            "validation_loss": [v + 0.06 for v in loss] if holds_out else [],
            "validation_accuracy": [0.98 - v / 3 for v in loss]
            if holds_out
            else [],
            "seconds": [4.0 + draws.random() for _ in ends],
        },
        "step": {"train_loss": losses, "step": steps},
    }


def timings(draws: random.Random) -> dict[str, float]:
    return {
        "worker_start": 6 + draws.random(),
        "compile": draws.random(),
        "training": 18 + draws.random(),
        "evaluation": 1 + draws.random(),
        "timing": 9 + draws.random(),
        "recording": 0.1,
    }


def _value(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "repeats": 1, "reason": None}


def _spread(value: float, unit: str, over: str) -> dict[str, Any]:
    return {
        "value": value,
        "low": value * 0.98,
        "high": value * 1.015,
        "repeats": 10,
        "unit": unit,
        "over": over,
        "reason": None,
    }


def _missing(reason: str) -> dict[str, Any]:
    return {"value": None, "reason": reason}
