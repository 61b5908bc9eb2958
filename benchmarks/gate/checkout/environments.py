"""Under which interpreters a tree runs: this one's, or its own.

A base that pins what this tree pins runs under the same interpreters. One
that does not gets an environment, once: made by its own `tools/setup.py`,
from a copy that stays when the tree of the gate is gone, for an environment
cannot be moved.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environment import interpreters as installed
from benchmarks.environment.env_vars import inherited
from benchmarks.errors import UserError
from benchmarks.gate.checkout import processes

Say = Callable[[str], None]
BENCH = "bench"  # beside frameworks: the interpreter that composes cells
# All that a set-up reads; it installs beside itself
NEEDED = ("constraints.txt", "pyproject.toml", "tools/setup.py")
PYTHON = Path(".venv") / "bin" / "python"
STAMP = Path(".venv") / "triptych.json"  # written when all is installed
TOLD_FIRST = ("torch", "tensorflow-cpu", "tensorflow", "jax", "jaxlib", "flax")
UNPINNED = "no"


@dataclass(frozen=True)
class Pins:
    """What decides what is installed, comments and blanks left out."""

    versions: dict[str, str]  # of constraints.txt
    wanted: dict[str, list[str]]  # extra -> requirements of pyproject.toml

    @property
    def digest(self) -> str:
        """12 hexadecimal digits over all of it."""
        text = json.dumps([self.versions, self.wanted], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def pins(root: Path, name: str) -> Pins:
    """The pins of a tree; `name`: of it, for the message.

    Raises UserError where pyproject.toml cannot be read.
    """
    try:
        told = tomllib.loads((root / "pyproject.toml").read_text())
        project = told["project"]
        wanted = {
            extra: sorted(requirements)
            for extra, requirements in {
                **project.get("optional-dependencies", {}),
                "": project.get("dependencies", []),
            }.items()
        }
        constraints = root / "constraints.txt"
        text = constraints.read_text() if constraints.is_file() else ""
    except (OSError, ValueError, LookupError, AttributeError) as error:
        raise UserError(
            f"{name} has no pyproject.toml that can be read: {error}."
        ) from error
    versions = {}
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        package, _, version = line.partition("==")
        if line:
            versions[package] = version
    return Pins(versions, wanted)


def difference(base: Pins, head: Pins) -> str | None:
    """How the pins of base differ from head's, in words.

    None where all that base asks for is here, of the same version: what
    this tree has beside it does nothing to the base.
    Such as `pins jax 0.10.1 where this tree pins 0.10.2`.
    """
    differing = sorted(
        (
            package
            for package, version in base.versions.items()
            if version != head.versions.get(package)
        ),
        key=lambda package: (package not in TOLD_FIRST, package),
    )
    if not differing:
        for extra, requirements in base.wanted.items():
            if set(requirements) - set(head.wanted.get(extra, ())):
                return "asks for packages that this tree does not ask for"
        return None
    first, more = differing[0], len(differing) - 1
    here = head.versions.get(first, UNPINNED)
    told = f"pins {first} {base.versions[first]} where this tree pins {here}"
    told += f" {first}" if here == UNPINNED else ""
    return told + (f", and {more} more differ" if more else "")


def here(tree: Path) -> dict[str, str]:
    """Framework of `tree` -> the interpreter that `make setup` made here."""
    pythons = {
        name: installed.interpreter(name) or sys.executable
        for name in _frameworks(tree)
    }
    return pythons | {BENCH: sys.executable}


def own(
    tree: Path, folder: Path, name: str, why: str, say: Say
) -> dict[str, str]:
    """Framework of `tree` -> the interpreter of its own environment.

    `folder`: where it is kept, named by what it holds; made unless it is
    there. `why`: how its pins differ. Raises UserError if it cannot be.
    """
    place = folder / _digest(tree, name)
    if not _finished(place):
        say(
            f"{name} {why}: it gets an environment of its own (a few"
            f" minutes, once)"
        )
        _make(tree, place, name)
    interpreters = _told(place / STAMP).get("interpreters", {})
    usual = str(place / PYTHON)
    pythons = {BENCH: usual}
    for framework in _frameworks(tree):
        # The book's program is Keras on TensorFlow
        what = "tensorflow" if framework == "slide" else framework
        path = interpreters.get(what)
        pythons[framework] = str(place / path) if path else usual
    return pythons


def _frameworks(tree: Path) -> list[str]:
    return sorted(path.stem for path in tree.glob("conf/framework/*.yaml"))


def _asked() -> list[str]:
    """What is set up here, for the other environment to be like it."""
    told = _told(installed.STAMP)
    options = ["--accelerator", installed.accelerator()]
    options += ["--frameworks", ",".join(told.get("frameworks", []))]
    # See the Makefile: asked for the CPU build where pip knows none
    return [
        *options,
        "--torch-index",
        os.environ.get("TRIPTYCH_TORCH_INDEX", ""),
    ]


def _digest(tree: Path, name: str) -> str:
    script = tree / "tools" / "setup.py"
    if not script.is_file():
        raise UserError(
            f"{name} cannot be set up with its own pins: it has no"
            f" tools/setup.py."
        )
    decides = [pins(tree, name).digest, script.read_text(), sys.version]
    text = json.dumps([*decides, *_asked()])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _told(stamp: Path) -> dict[str, Any]:
    """What a finished set-up says of itself; {} where there is none."""
    try:
        return dict(json.loads(stamp.read_text()))
    except (OSError, ValueError):
        return {}


def _finished(place: Path) -> bool:
    """Whether all is installed: half of an environment has no stamp."""
    return bool(_told(place / STAMP)) and (place / PYTHON).exists()


def _make(tree: Path, place: Path, name: str) -> None:
    log = place / "set-up.log"
    try:
        for path in NEEDED:
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree / path, target)
        command = [sys.executable, str(place / "tools/setup.py"), *_asked()]
        done = processes.run(command, place, inherited())
        log.write_text(done.stdout + done.stderr)
    except OSError as error:
        raise UserError(
            f"{name} cannot be set up with its own pins:"
            f" {error.filename or place}: {error.strerror}."
        ) from error
    if done.returncode == 0 and _finished(place):
        return
    pip = place / "runs" / "logs" / "setup.log"
    said = pip if pip.is_file() else log
    raise UserError(
        f"{name} cannot be set up with its own pins: {_decisive(said)} (log:"
        f" {said})."
    )


def _decisive(log: Path) -> str:
    """The line that says why: pip's last error, or else the last of all."""
    lines = [
        line.strip()
        for line in log.read_text(errors="replace").splitlines()
        if line.strip()
    ]
    errors = [line for line in lines if re.match(r"\w*error: ", line, re.I)]
    last = (errors or lines or ["it says nothing"])[-1]
    return re.sub(r"^ERROR: ", "", last).rstrip(".")
