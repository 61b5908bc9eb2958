"""Small trees for the gate: the fake library, and what its probe needs."""

import shutil
from pathlib import Path

from benchmarks.records.verdict import Side

ROOT = Path(__file__).parents[2]
NEEDED = ("__init__.py", "batches.py")


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
    (folder / "benchmarks").mkdir()
    for name in NEEDED:
        shutil.copy(ROOT / "benchmarks" / name, folder / "benchmarks")
    return folder


def edit(root, path, old, new):
    """Change a file of a tree; what is changed must be there."""
    text = (root / path).read_text()
    assert text.count(old) == 1, f"{old!r} in {path}"
    (root / path).write_text(text.replace(old, new))


def side(name, root, python):
    return Side(name, root, None, False, {"calm": python}, label=name)


def cell(**changed):
    """What a tree composes for the fake model."""
    framework = {"name": "calm", "mode": "compiled", "python": None}
    return {
        "workload": {
            "name": "tiny",
            "model": "tiny",
            "spec": {"features": 5, "classes": 3},
            "batch": 4,
            "data": "none",
            "objective": "classes",
            "optimiser": "sgd",
            "rate": 0.1,
        },
        "framework": framework,
        "device": {"name": "cpu", "threads": 1},
        "precision": "float32",
        "seed": 0,
        "deterministic": True,
        **changed,
    }
