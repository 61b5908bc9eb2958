"""Which code ran: a digest of the sources, and what git knows."""

import hashlib
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import files

ROOT = Path(__file__).resolve().parents[2]
# All that can change a cell's numbers: the models, the frameworks' files, what
# measures and feeds them, and the variables that a worker is started with. Of
# the configuration only what makes the plan of a training of a cell at run
# time: the cell itself is a part of the key.
MEASURED = (
    "impls",
    "benchmarks/worker",
    "benchmarks/passes",
    "benchmarks/data",
    "benchmarks/config/phases.py",
    "benchmarks/environment/env_vars.py",
    "benchmarks/environment/nvml.py",
    "benchmarks/records/metric.py",
)
SECONDS = 20.0  # that git may take


def code_digest(root: Path = ROOT, names: Sequence[str] = MEASURED) -> str:
    """Hex digest over the Python sources that can change a cell's numbers.

    By content and relative path, tracked by git or not: a new model that
    is not committed yet is code too. `names`: of files and folders.
    """
    total = hashlib.sha256()
    for path in sources(root, names):
        name = path.relative_to(root).as_posix()
        total.update(f"{name} {files.file_digest(path)}\n".encode())
    return total.hexdigest()[:16]


def sources(root: Path = ROOT, names: Sequence[str] = MEASURED) -> list[Path]:
    """The Python files that can change a cell's numbers, sorted."""
    paths: list[Path] = []
    for name in names:
        path = root / name
        paths += [path] if path.suffix == ".py" else path.rglob("*.py")
    return sorted(path for path in paths if path.is_file())


def code(root: Path = ROOT) -> dict[str, Any]:
    """The `code` block of a record: digest, git revision, whether dirty.

    Where git cannot tell, revision and dirty are null with the reason.
    """
    about: dict[str, Any] = {"digest": code_digest(root), "reason": None}
    try:
        revision = git(root, "rev-parse", "HEAD")
        changed = git(root, "status", "--porcelain", "--no-renames")
    except (OSError, subprocess.SubprocessError) as error:
        return about | {"revision": None, "dirty": None, "reason": _why(error)}
    return about | {"revision": revision, "dirty": bool(changed)}


def exists(revision: str, root: Path = ROOT) -> bool:
    """Whether this repository has a revision's commit."""
    return bool(re.fullmatch("[0-9a-f]{7,64}", revision)) and git_succeeds(
        root, "cat-file", "-e", f"{revision}^{{commit}}"
    )


def git(folder: Path, *arguments: str) -> str:
    """The output of a git command in a folder, without blanks at its ends.

    Free of variables such as GIT_DIR, with which a hook of git would lead
    the command to another repository. Raises OSError and
    subprocess.SubprocessError.
    """
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=git_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    return done.stdout.strip()


def git_environment() -> dict[str, str]:
    """This process's environment variables without those of git."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}


def git_succeeds(folder: Path, *arguments: str) -> bool:
    """Whether a git command ends with exit code 0."""
    try:
        git(folder, *arguments)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "git is not installed"
    if isinstance(error, subprocess.CalledProcessError):
        # What follows the cause is advice
        lines = error.stderr.strip().splitlines() or ["git failed"]
        causes = [line for line in lines if line.startswith("fatal:")]
        return [*causes, lines[-1]][0]
    return f"git: {error}"
