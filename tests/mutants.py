"""`make mutants`: the tests themselves, tested.

Flips one convention at a time in a copy of the tree (`tests/mutants.toml`)
and asks the test that is named beside it to turn red. Exit code: 0 none
survived, 1 some did, 2 the named tests are red by themselves.

`python -m tests.mutants [words]`: only those with a word in their name;
`--changed`: only those of files that have changed since the last landed commit.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PARTS = ("impls", "benchmarks", "tests", "conf", "reports")
LIMIT = 300  # seconds of one run of pytest


class Mutant(NamedTuple):
    """One flipped convention: pairs of texts, and the test it must redden."""

    name: str
    file: str
    change: list[str]
    test: str
    only: str

    def applied(self, text: str) -> str:
        """The mutated source. Raises ValueError where a text is not there."""
        for before, after in zip(
            self.change[::2], self.change[1::2], strict=True
        ):
            if text.count(before) != 1:
                raise ValueError(
                    f"{self.name}: {before!r} stands {text.count(before)} "
                    f"times in {self.file}, expected once: mend mutants.toml"
                )
            text = text.replace(before, after)
        return text


class Outcome(NamedTuple):
    """`killed`: a test turned red, which `told` names; or why not."""

    mutant: Mutant
    killed: bool
    told: str
    seconds: float


def load() -> list[Mutant]:
    """All mutants, in the order of the file."""
    found = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text())
    return [Mutant(**each) for each in found["mutant"]]


def copy(folder: Path) -> None:
    """The tree as it is now, without what is made by `make`."""
    for part in PARTS:
        shutil.copytree(
            ROOT / part,
            folder / part,
            ignore=shutil.ignore_patterns("__pycache__", "latest"),
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    for environment in ROOT.glob(".venv*"):
        (folder / environment.name).symlink_to(environment)


def run(folder: Path, test: str, only: str) -> tuple[int, str]:
    """Exit code and output of pytest in a copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no"]
    command += ["-p", "no:cacheprovider", test, "-k", only]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end within {LIMIT} s"
    return done.returncode, done.stdout + done.stderr


def hunt(mutant: Mutant) -> Outcome:
    """Apply one mutant in a copy of its own and run its test."""
    started = time.perf_counter()
    with TemporaryDirectory(prefix="mutant-") as folder:
        copy(Path(folder))
        path = Path(folder, mutant.file)
        path.write_text(mutant.applied(path.read_text()))
        code, output = run(Path(folder), mutant.test, mutant.only)
    red = [
        line.removeprefix("FAILED ").partition(" - ")[0]
        for line in output.splitlines()
        if line.startswith("FAILED ")
    ]
    seconds = time.perf_counter() - started
    if code == 1 and red:
        return Outcome(mutant, True, red[0], seconds)
    why = "survived" if code == 0 else f"pytest ended with {code}"
    last = (output.strip().splitlines() or ["no output"])[-1]
    return Outcome(mutant, False, f"{why}: {last}", seconds)


def green(mutants: list[Mutant]) -> bool:
    """Whether every named test passes where nothing is flipped."""
    wanted: dict[str, set[str]] = {}
    for mutant in mutants:
        wanted.setdefault(mutant.test, set()).add(mutant.only)
    for test, words in wanted.items():
        only = " or ".join(f"({one})" for one in sorted(words))
        code, output = run(ROOT, test, only)
        last = output.strip().splitlines()[-1]
        print(f"as it is: {test}: {last}", flush=True)
        if code != 0 or "skipped" in last:
            print(f"Mend this first: pytest {test} -k {shlex.quote(only)}")
            return False
    return True


def changed(root: Path = ROOT) -> set[str] | None:
    """Files that differ from the last landed commit; None without git.

    That is where this branch leaves the default branch of `origin`, or the
    commit before, where nothing has been committed since.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        done = subprocess.run(command, capture_output=True, check=True)
        return done.stdout.decode().strip()

    try:
        base = git("merge-base", "HEAD", "origin/HEAD")
    except (OSError, subprocess.CalledProcessError):
        base = ""
    try:
        if base in ("", git("rev-parse", "HEAD")):
            base = git("rev-parse", "HEAD~1")
        return set(git("diff", "--name-only", base).splitlines())
    except (OSError, subprocess.CalledProcessError):
        return None


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("words", nargs="*", help="in the names of mutants")
    parser.add_argument("--jobs", type=int, default=1, help="side by side")
    parser.add_argument(
        "--changed",
        action="store_true",
        help="only of files that differ from the last landed commit",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="start no mutant later",
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Hunt all mutants; returns the exit code."""
    options = _options(given)
    mutants = [
        one for one in load() if all(word in one.name for word in options.words)
    ]
    if not mutants:
        words = " ".join(options.words)
        print(f"no mutant's name has {words!r}", file=sys.stderr)
        return 2
    if options.changed:
        files = changed()
        if files is None:
            print("no mutants: git does not tell what has changed")
            return 0
        mutants = [one for one in mutants if one.file in files]
        if not mutants:
            print("no mutants: none flips a file that has changed")
            return 0
    if not green(mutants):
        return 2
    return _hunt_all(mutants, options.jobs, 60 * options.minutes)


def _hunt_all(mutants: list[Mutant], jobs: int, seconds: float) -> int:
    """Hunt mutants, as many as begin in time; returns the exit code."""
    deadline = time.monotonic() + seconds

    def in_time(mutant: Mutant) -> Outcome | None:
        return hunt(mutant) if time.monotonic() < deadline else None

    survivors, begun = [], 0
    with ThreadPoolExecutor(jobs) as pool:
        for found in filter(None, pool.map(in_time, mutants)):
            begun += 1
            word = "killed" if found.killed else "ALIVE "
            print(f"{word} {found.seconds:4.0f} s  {found.mutant.name}")
            print(f"               {found.told}", flush=True)
            if not found.killed:
                survivors.append(found.mutant.name)
    late = len(mutants) - begun
    left_out = f", {late} left out after {seconds:.0f} s" if late else ""
    print(f"{begun} mutants, {len(survivors)} alive{left_out}")
    print("\n".join(survivors))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
