"""Records of workloads with phases made up for tests: the chapter's.

As `synthetic.entry` makes them, with what a workload with phases adds:
metrics `<phase>.<metric>`, curves `<phase>.epoch` and `.gradient`, pictures.
`accuracy` and the like give what every phase reaches, so a test can have a
claim supported, not supported or inconclusive. Same figures at every call.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.records import store
from tests.support import synthetic

LABELS = (5, 10, 20, 50, 100)
LAYERS = ("hidden.0", "hidden.1", "head")
EPOCHS = 4
IMAGES, SIDE, FILTERS = 3, 12, 4
# workload: model, data, main phase, phases timed beside it
ABOUT: dict[str, tuple[str, str, str, list[str]]] = {
    "vanishing": ("mlp", "fashion_mnist", "relu", []),
    "pretraining": ("mlp", "fashion_mnist", "pretrained", ["layer_3"]),
    "mlp": ("mlp", "fashion_mnist", "dropout", []),
    "filters": ("filters", "fashion_mnist", "maps", []),
    "cnn_average": ("cnn", "fashion_mnist", "average", ["maximum"]),
    "resnet": ("resnet", "fashion_mnist", "skips_slow", ["plain_slow"]),
    "transfer": ("cnn", "synthetic_mnist", "frozen_20", ["scratch_20"]),
}
ACCURACY: dict[str, dict[str, float]] = {
    "vanishing": {"sigmoid": 0.1, "relu": 0.862},
    "pretraining": {
        **{f"layer_{number}": 0.0 for number in (1, 2, 3)},
        "directly": 0.10,
        "pretrained": 0.853,
    },
    "mlp": {"without": 0.881, "dropout": 0.884},
    "filters": {"slide": 0.0, "cnn": 0.885, "maps": 0.0},
    "cnn_average": {"maximum": 0.884, "average": 0.8835},
    "resnet": {
        "plain": 0.881,
        "plain_slow": 0.894,
        "skips": 0.917,
        "skips_slow": 0.921,
    },
    "transfer": {
        "digits": 0.991,
        **{
            f"{way}_{count}": best - miss / count**0.7
            for count in LABELS
            for way, best, miss in (
                ("scratch", 0.985, 0.75),
                ("frozen", 0.968, 0.32),
                ("tuned", 0.985, 0.40),
            )
        },
    },
}
BLIND = ("layer_", "slide", "maps")  # phases that classify nothing
SPEEDS = ("training_examples_per_second", "training_step_milliseconds")
STEPS = {"frozen_20": 9.0, "scratch_20": 14.0}  # milliseconds


def entry(
    workload: str,
    framework: str = "torch",
    seed: int = 1,
    accuracy: dict[str, float] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One finished record; `accuracy` replaces what phases reach."""
    model, data, main, timed = ABOUT[workload]
    accuracies = ACCURACY[workload] | (accuracy or {})
    made = synthetic.entry("cnn", framework, seed)
    draws = random.Random(f"{workload} {framework} {seed}")
    cell = made["cell"]
    cell["workload"] |= {
        "name": workload,
        "model": model,
        "data": cell["workload"]["data"] | {"name": data},
        "target_accuracy": 0.915 if workload == "resnet" else None,
        "phases": {name: _setting(name) for name in accuracies},
        "main": main,
        "timed": timed,
    }
    noise = {name: draws.gauss(0, 0.0008) for name in accuracies}
    scored = {name: value + noise[name] for name, value in accuracies.items()}
    metrics = made["metrics"]
    for name, value in scored.items():
        metrics |= _metrics(name, value, draws)
    for name in (main, *timed):
        if not name.startswith(BLIND[1:]):
            metrics |= _speed(name, made, draws)
    metrics["test_accuracy"] = _value(scored[main], "fraction")
    if main.startswith(BLIND):
        for name in ("test_accuracy", *SPEEDS):
            metrics[name] = {"value": None, "reason": "nothing is trained"}
    curves = dict(made["curves"])
    for name, value in scored.items():
        curves |= _curves(name, value, draws)
    made |= {
        "key": store.key(cell, f"digest of {data}", "c0de", "f00d"),
        "workload": workload,
        "metrics": metrics,
        "curves": curves,
        "data": made["data"]
        | {"name": data, "synthetic": data.startswith("synthetic_")},
        "pictures": [],
    }
    if workload == "filters":
        made["pictures"] = [f"pictures/{name}.npy" for name in pictures(seed)]
    return {**made, **changes}


def fill(
    records: Path, entries: list[dict[str, Any]], invocation: str
) -> list[str]:
    """Write records with their pictures, and their invocation."""
    ids = []
    for record in entries:
        with store.draft(records) as folder:
            (folder / "quality.log").write_text("started\nended\n")
            for name, array in pictures(record["seed"]).items():
                if f"pictures/{name}.npy" in record["pictures"]:
                    (folder / "pictures").mkdir(exist_ok=True)
                    np.save(folder / "pictures" / f"{name}.npy", array)
            content = {**record, "invocation": invocation}
            path = store.write(records, content, folder)
        ids.append(f"{path.parent.name}/{path.name}")
    synthetic.fill(records, [], invocation, tuple(ids))
    return ids


def pictures(seed: int) -> dict[str, np.ndarray]:
    """Images, maps and kernels as a record keeps them."""
    draws = np.random.default_rng(seed)
    side = np.linspace(-1, 1, SIDE)
    images = np.stack(
        [
            (np.hypot(*np.meshgrid(side, side)) < r) * 1.0
            for r in (0.4, 0.6, 0.8)
        ]
    )
    slide, trained = (
        draws.normal(size=(IMAGES, SIDE - 2, SIDE - 2, count))
        for count in (2, FILTERS)
    )
    values = {
        "slide.maps": slide,
        "slide.kernel": draws.normal(size=(3, 3, 1, 2)),
        "maps.maps": trained,
        "maps.kernel": draws.normal(size=(3, 3, 1, FILTERS)),
        "images": images,
    }
    return {name: np.float32(array) for name, array in values.items()}


def _setting(name: str) -> dict[str, Any]:
    """A phase as a record has it: all that it is trained with."""
    count = name.rpartition("_")[2]
    few = (
        int(count) if name.startswith(("scratch", "frozen", "tuned")) else None
    )
    classes = 5 if few or name == "digits" else 10
    return {
        "model": "mlp",
        "spec": {"classes": classes, "activation": name},
        "epochs": EPOCHS,
        "data": {"batch_size": 200, "per_class": few},
        "optimizer": {"learning_rate": 0.001},
        "takes": {},
        "freeze": [],
    }


def _metrics(name: str, accuracy: float, draws: Any) -> dict[str, Any]:
    """What a phase's quality pass gives; a gap that dropout halves."""
    values = {"training_seconds": _value(9 + draws.random(), "seconds")}
    if name.startswith("layer_"):
        loss = 0.08 / int(name[-1]) + 0.001 * draws.random()
        values["test_loss"] = _value(loss, "squared error")
        values["train_loss"] = _value(loss, "squared error")
    elif not name.startswith(BLIND):
        gap = 0.02 if name == "dropout" else 0.045
        values |= {
            "test_accuracy": _value(accuracy, "fraction"),
            "test_loss": _value(0.4, "nats"),
            "train_accuracy": _value(accuracy + gap, "fraction"),
            "train_loss": _value(0.3, "nats"),
        }
        if name in ("without", "dropout"):
            gap += draws.gauss(0, 0.001)
            values["fitted_accuracy"] = _value(accuracy + gap, "fraction")
    if name in ("sigmoid", "relu"):
        ratio = (1e-6 if name == "sigmoid" else 0.6) * (1 + draws.random() / 9)
        values |= {
            "first_gradient_norm": _value(0.1 * ratio, "norm"),
            "last_gradient_norm": _value(0.1, "norm"),
            "gradient_norm_ratio": _value(ratio, "ratio"),
        }
    if name in ("slide", "maps"):
        values |= {
            "similarity_error": _value(2e-7, "fraction"),
            "similarity_rank_correlation": _value(0.62, "correlation"),
            "similarity_rank_correlation_normed": _value(1.0, "correlation"),
        }
    return {f"{name}.{metric}": value for metric, value in values.items()}


def _speed(name: str, made: dict[str, Any], draws: Any) -> dict[str, Any]:
    speed = dict(made["metrics"]["training_examples_per_second"])
    took = STEPS.get(name, 10.0) * (1 + draws.random() / 50)
    return {
        f"{name}.training_examples_per_second": speed,
        f"{name}.training_step_milliseconds": _value(took, "milliseconds"),
    }


def _curves(name: str, accuracy: float, draws: Any) -> dict[str, Any]:
    """Epochs that near what the phase reaches; norms of gradients."""
    epochs = range(1, EPOCHS + 1)
    losses = [0.3 + 0.4 / n + draws.gauss(0, 0.004) for n in epochs]
    epoch: dict[str, list[float]] = {"train_loss": losses}
    if not name.startswith(BLIND):
        rising = [accuracy - 0.1 / n + 0.1 / EPOCHS for n in epochs]
        epoch |= {
            "test_accuracy": rising,
            "train_accuracy": [value + 0.03 for value in rising],
        }
    curves: dict[str, Any] = {
        f"{name}.epoch": epoch,
        f"{name}.step": {"step": [1, 2, 3], "train_loss": [2.3, 1.2, 0.9]},
    }
    if name in ("sigmoid", "relu"):
        fading = 1e-3 if name == "sigmoid" else 0.8
        curves[f"{name}.gradient"] = {
            "step": [1, 40, 80],
            **{
                layer: [0.1 * fading**depth * (1 + draws.random())] * 3
                for depth, layer in enumerate(reversed(LAYERS))
            },
        }
    return curves


def _value(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "repeats": 1, "reason": None}
