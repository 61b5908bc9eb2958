"""The interpreters that a tree runs under: this tree's, or its own.

A base with the pins of this tree runs under the same interpreters. Any
other gets its own environment, once: made by its own `tools/setup.py`, from
a copy that stays when the tree of the gate is removed, since an environment
cannot be moved.
"""

import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.environment import files
from benchmarks.environment import interpreters as installed
from benchmarks.environment.env_vars import inherited
from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes

Log = Callable[[str], None]
BENCH = "bench"  # beside frameworks: the interpreter that composes cells
# All files that a set-up reads; it installs beside itself
NEEDED = ("constraints.txt", "pyproject.toml", "tools/setup.py")
PYTHON = Path(".venv") / "bin" / "python"
STAMP = Path(".venv") / "triptych.json"  # written when all is installed
NAMED_FIRST = ("torch", "tensorflow-cpu", "tensorflow", "jax", "jaxlib", "flax")


@dataclass(frozen=True)
class Pins:
    """What decides which packages are installed."""

    versions: dict[str, str]  # of constraints.txt
    requirements: list[tuple[str, str]]  # (extra, package), pyproject.toml


def pins(root: Path, name: str) -> Pins:
    """The pins of a tree; `name`: of it, for the message.

    Raises UserError where pyproject.toml cannot be read.
    """
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text())
        extras = project["project"].get("optional-dependencies", {})
        extras |= {"": project["project"].get("dependencies", [])}
        requirements = [(key, word) for key in extras for word in extras[key]]
        constraints = root / "constraints.txt"
        text = constraints.read_text() if constraints.is_file() else ""
    except (OSError, ValueError, LookupError, AttributeError) as error:
        raise UserError(
            f"{name} has no pyproject.toml that can be read: {error}."
        ) from error
    pinned = re.findall(r"^\s*([^\s#=]+)==([^#\n]*[^#\s])", text, re.MULTILINE)
    return Pins(dict(pinned), sorted(requirements))


def difference(base: Pins, head: Pins) -> str | None:
    """How the pins of base differ from head's, in words.

    None where this tree has all that base requires, of the same version;
    its additional packages do not affect the base. Such as `pins jax 0.10.1
    where this tree pins 0.10.2`.
    """
    differing = sorted(
        dict(base.versions.items() - head.versions.items()),
        key=lambda package: (package not in NAMED_FIRST, package),
    )
    if differing:
        first, *more = differing
        here = head.versions.get(first, f"no {first}")
        others = f", and {len(more)} more differ" if more else ""
        return (
            f"pins {first} {base.versions[first]} where this tree pins {here}"
            f"{others}"
        )
    if set(base.requirements) - set(head.requirements):
        return "requires packages that this tree does not require"
    return None


def here(tree: Path) -> dict[str, str]:
    """Framework of `tree` -> the interpreter that `make setup` made here."""
    pythons = {
        name: installed.interpreter(name) or sys.executable
        for name in _frameworks(tree)
    }
    return pythons | {BENCH: sys.executable}


def of_base(
    tree: Path, folder: Path, name: str, log: Log, root: Path
) -> dict[str, str]:
    """Framework of `tree` -> the interpreter for its pins.

    `folder`: where environments of their own are kept, named by their
    content; a missing one is made. `root`: this tree. Raises UserError if it
    fails.
    """
    why = difference(pins(tree, name), pins(root, "this tree"))
    if why is None:
        return here(tree)
    place = folder / _digest(tree, name)
    if not _finished(place):
        log(
            f"{name} {why}: it gets an environment of its own (a few"
            f" minutes, once)"
        )
        _make(tree, place, name)
    python = str(place / PYTHON)
    pythons = {
        name: installed.interpreter(name, place / STAMP, place) or python
        for name in _frameworks(tree)
    }
    return pythons | {BENCH: python}


def _frameworks(tree: Path) -> list[str]:
    return sorted(path.stem for path in tree.glob("conf/framework/*.yaml"))


def _options() -> list[str]:
    """Options of the set-up here, so that the other environment is like it."""
    frameworks = installed.read().get("frameworks", [])
    # The Makefile's index of CPU builds, where pip is configured with none
    index = os.environ.get("TRIPTYCH_TORCH_INDEX", "")
    return [
        *("--accelerator", installed.accelerator()),
        *("--frameworks", ",".join(frameworks)),
        *("--torch-index", index),
    ]


def _digest(tree: Path, name: str) -> str:
    script = tree / "tools" / "setup.py"
    if not script.is_file():
        raise UserError(
            f"{name} cannot be set up with its own pins: it has no"
            f" tools/setup.py."
        )
    content = [asdict(pins(tree, name)), script.read_text(), sys.version]
    return files.digest([*content, *_options()])[:12]


def _finished(place: Path) -> bool:
    """Whether all is installed: an unfinished environment has no stamp."""
    return bool(installed.read(place / STAMP)) and (place / PYTHON).exists()


def _make(tree: Path, place: Path, name: str) -> None:
    log = place / "set-up.log"
    try:
        for path in NEEDED:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree / path, place / path)
        command = [sys.executable, str(place / "tools/setup.py"), *_options()]
        done = processes.run(command, place, inherited())
        log.write_text(done.stdout + done.stderr)
    except OSError as error:
        raise UserError(
            f"{name} cannot be set up with its own pins: {error}."
        ) from error
    if done.returncode == 0 and _finished(place):
        return
    pip = place / "runs" / "logs" / "setup.log"
    log = pip if pip.is_file() else log
    raise UserError(
        f"{name} cannot be set up with its own pins: {_cause(log)} (log:"
        f" {log})."
    )


def _cause(log: Path) -> str:
    """The cause of a failure: pip's last error, else the last line."""
    text = log.read_text(errors="replace").strip() or "empty log"
    lines = [line.strip() for line in text.splitlines()]
    errors = [line for line in lines if re.match(r"\w*error: ", line, re.I)]
    return (errors or lines)[-1].removeprefix("ERROR: ").rstrip(".")
