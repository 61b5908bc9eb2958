"""Which code ran: a digest of the sources, and what git knows."""

import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("impls", "benchmarks")


def code_digest(root: Path = ROOT) -> str:
    """Hex digest over the Python sources of `impls/` and `benchmarks/`.

    By content and relative path, tracked by git or not: a new model that
    is not committed yet is code too. Tests measure nothing: left out.
    """
    total = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if path.name.startswith("test_"):
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            name = path.relative_to(root).as_posix()
            total.update(f"{name} {content}\n".encode())
    return total.hexdigest()[:16]


def code(root: Path = ROOT) -> dict[str, Any]:
    """The `code` block of a record: digest, git revision, whether dirty.

    Where git cannot tell, revision and dirty are null with the reason.
    """
    found: dict[str, Any] = {"digest": code_digest(root), "reason": None}
    try:
        revision = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--no-renames")
    except (OSError, subprocess.SubprocessError) as error:
        return found | {"revision": None, "dirty": None, "reason": _why(error)}
    return found | {"revision": revision, "dirty": bool(changed)}


def knows(revision: str, root: Path = ROOT) -> bool:
    """Whether this repository has a revision's commit."""
    if not re.fullmatch("[0-9a-f]{7,64}", revision):
        return False
    try:
        _git(root, "cat-file", "-e", f"{revision}^{{commit}}")
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.strip()


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "git is not installed"
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.strip().splitlines() or ["git failed"]
        return lines[-1]
    return f"git: {error}"
