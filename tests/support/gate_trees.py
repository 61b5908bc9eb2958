"""Small trees for the gate: the fake library, and what the timer needs."""

import shutil
from pathlib import Path

from benchmarks.records.verdict import Side

ROOT = Path(__file__).parents[2]
DATA = ("__init__", "batches", "dataset", "makers")
NEEDED = ("__init__.py", *(f"data/{name}.py" for name in DATA))


def tree(folder):
    """A tree whose `impls` is the fake library; its root."""
    shutil.copytree(
        ROOT / "tests/support/fake",
        folder / "impls",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for path in (folder / "impls").rglob("*.py"):
        path.write_text(path.read_text().replace("tests.support.fake", "impls"))
    shutil.copy(ROOT / "impls/interface.py", folder / "impls")
    for name in NEEDED:
        path = folder / "benchmarks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "benchmarks" / name, path)
    return folder


def edit(root, path, old, new):
    """Change a file of a tree; `old` must occur once."""
    text = (root / path).read_text()
    assert text.count(old) == 1, f"{old!r} in {path}"
    (root / path).write_text(text.replace(old, new))


def side(name, root, python):
    return Side(name, root, None, False, {"calm": python}, label=name)


def cell(**changed):
    """The composed cell of the fake model."""
    return {
        "workload": {
            "name": "tiny",
            "model": "tiny",
            "spec": {"features": 5, "classes": 3},
            "objective": "cross_entropy",
            "label_smoothing": 0.0,
            "epochs": 1,
            "bptt_steps": None,
            "crop_steps": None,
            "target_accuracy": None,
            "data": {
                "name": "none",
                "batch_size": 4,
                "eval_batch_size": None,
                "validation": 0.0,
                "buckets": [],
                "crops": None,
            },
            "optimizer": {"name": "sgd", "learning_rate": 0.1},
            "schedule": {
                "name": "constant",
                "warmup_steps": 0,
                "final_share": 0.0,
            },
            "decoding": {"max_new_tokens": 0, "beam_width": 1},
            "measure": {
                "gradient_norms": 0,
                "test_every_epoch": False,
                "train_accuracy": False,
            },
            "freeze": [],
        },
        "framework": {"name": "calm", "mode": "compiled", "python": None},
        "device": {"name": "cpu", "threads": 1},
        "precision": "float32",
        "seed": 0,
        "deterministic": True,
        "speed": {"warmup_steps": 2, "blocks": 2, "block_seconds": 0.01},
        **changed,
    }
