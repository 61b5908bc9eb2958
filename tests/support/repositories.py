"""A small project in git, for tests of the gate."""

import os
import subprocess

from benchmarks.gate.checkout import trees

PROJECT = "[project]\nname = 'x'\ndependencies = ['numpy']\n"
FILES = {
    "conf/config.yaml": "seed: 0\n",
    "conf/framework/torch.yaml": "name: torch\n",
    "conf/framework/tensorflow.yaml": "name: tensorflow\n",
    "constraints.txt": "jax==0.10.2\n",
    "pyproject.toml": PROJECT,
    "benchmarks/config/compose.py": "",
    "impls/step.py": "old = 1\n",
    ".gitignore": "/runs/\n__pycache__/\n",
}
NOTHING = ([], [])  # see `left`


def git(root, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", "-C", str(root), *who, *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def commit(root, files, message="one"):
    write(root, files)
    git(root, "add", ".")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD")


def project(tmp_path, monkeypatch):
    """A small project with one commit on `main`, without a user's settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, FILES)
    return root


def opened(root, base="HEAD", log=print):
    return trees.sides(base, root / "runs", log, root)


def left(root):
    """Leftovers of a gate: trees and their locks, entries in `.git`."""
    trees = sorted((root / "runs/gate/trees").glob("*"))
    return trees, list((root / ".git").glob("worktrees/*"))
