"""`make reproduce RUN=id` and `make verify`: measure again, and compare.

`python -m benchmarks.commands.reproduce RUN [--data DATA]` for one record,
`python -m benchmarks.commands.reproduce --published [SET]` for published ones.
Exit code: 0 all came out again, 1 something differs or was tampered with, 2 it
could not be tried, 130 interrupted.
"""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.bench import console, run_cell
from benchmarks.bench.console import Display
from benchmarks.environment import machine_lock
from benchmarks.errors import UserError
from benchmarks.reproduce import subject as reproduce_subject
from benchmarks.reproduce.compare import DIFFERS, NOISE
from benchmarks.reproduce.find import find
from benchmarks.reproduce.report import (
    CODES,
    NOT_TRIED,
    REPRODUCED,
    TAMPERED,
    Result,
    lines,
    table,
    write,
    write_all,
)
from benchmarks.reproduce.rerun import Options, reproduce, seconds
from benchmarks.reproduce.subject import PUBLISHED, Subject

OUT = Path("reports/reproduce")
OVERRIDES = {  # of the bench's, those that leave the configuration alone
    "data.folder": "data",
    "data.source": "source",
    "passes": "passes",
    "report": "out",
    "runs": "runs",
    "tracking.uri": "store",
}


def main(given: list[str] | None = None) -> int:
    """The exit code of a command line."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        chosen = _options(given)
        if chosen.published is not None:
            return verify(chosen)
        return one(chosen)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\nInterrupted: the cell that ran left nothing behind; reports"
            " of those before it stay.",
            file=sys.stderr,
        )
        return 130


def one(chosen: argparse.Namespace) -> int:
    """Reproduce the record that RUN names."""
    subject = find(chosen.run, chosen.runs, chosen.store)
    shown, options = Display(), _for(subject, _again(chosen))
    if not subject.trust.problems:
        about = console.duration(seconds(subject.entry, options.passes))
        shown.line(f"{subject.title}: took {about} when it was recorded")
    with machine_lock.alone(machine_lock.PATH):
        result = _run(subject, options, shown, "")
    path = write(result, chosen.out)
    for line in lines(result):
        shown.line(line)
    shown.line(f"Report: {path}")
    return CODES[result.state]


def verify(chosen: argparse.Namespace) -> int:
    """Reproduce all that is published, or one set of it."""
    folders = _sets(chosen.published)
    subjects, results = _subjects(folders, chosen.only)
    options, shown = _again(chosen), Display()
    each = [seconds(s.entry, _passes(s, options)) for s in subjects]
    shown.line(
        f"{len(subjects)} published records of {len(folders)}"
        f" set{'s' * (len(folders) != 1)}: about"
        f" {console.duration(sum(each))}, as long as they took when recorded"
    )
    name = "-".join(folder.name for folder in folders)
    with machine_lock.alone(machine_lock.PATH):
        began = time.monotonic()
        for number, subject in enumerate(subjects):
            left = _left(each, number, time.monotonic() - began)
            count = f"{number + 1} of {len(subjects)}"
            to_go = f"about {console.duration(left)} to go"
            shown.line(f"{count}  {subject.title}  {to_go}")
            result = _run(subject, _for(subject, options), shown, f"{count}  ")
            shown.line(f"  {result.state}: {result.reason or result.summary}")
            write(result, chosen.out)
            results.append(result)
            write_all(results, chosen.out, name)
    path = write_all(results, chosen.out, name)
    for row in ["", *table(results), "", _verdict(results), f"Report: {path}"]:
        shown.line(row)
    return _code(results)


def _run(
    subject: Subject, options: Options, shown: Display, prefix: str
) -> Result:
    def progress(name: str, told: dict[str, Any]) -> None:
        shown.status(prefix + console.stage(name, told))

    return reproduce(subject, options, shown.line, progress)


def _subjects(
    folders: list[Path], only: str | None
) -> tuple[list[Subject], list[Result]]:
    """What the sets hold, and a result for each set that is broken."""
    every: list[Subject] = []
    broken = []
    for folder in folders:
        try:
            every += reproduce_subject.of_set(folder)
        except UserError as error:
            result = Result(folder.name, "the whole set", folder.name)
            result.reason = str(error)
            broken.append(result)
    subjects = [one for one in every if only is None or _fits(one, only)]
    if not subjects and every:
        names = dict.fromkeys("/".join(_words(one)[1:3]) for one in every)
        raise UserError(
            f"--only {only}: fits no published record. Expected"
            f" set/workload/framework/mode/seed, or some of these words:"
            f" {', '.join(names)}."
        )
    return subjects, broken


def _fits(subject: Subject, only: str) -> bool:
    """Whether all words of one of the alternatives name the record."""
    words = _words(subject)
    return any(
        all(word in words for word in one.split("/") if word)
        for one in only.split(",")
    )


def _words(subject: Subject) -> list[str]:
    entry = subject.entry
    names = [str(entry[name]) for name in ("workload", "framework", "mode")]
    return [subject.origin, *names, f"s{entry['seed']}"]


def _sets(wanted: str) -> list[Path]:
    if not wanted:
        found = reproduce_subject.sets(PUBLISHED)
        if not found:
            raise UserError(f"{PUBLISHED}: nothing is published yet.")
        return found
    for folder in (PUBLISHED / wanted, Path(wanted).expanduser()):
        if folder.is_dir():
            if not (folder / "results.csv").is_file() and any(
                (each / "results.csv").is_file() for each in folder.iterdir()
            ):
                return reproduce_subject.sets(folder)
            return [folder.resolve()]
    names = ", ".join(path.name for path in reproduce_subject.sets(PUBLISHED))
    raise UserError(f"{wanted}: no such published set. Expected one of {names}")


def _passes(subject: Subject, options: Options) -> tuple[str, ...]:
    # Of a table's row only the quality is claimed: nothing else of its
    # process is known
    alone = () if subject.full else ("quality",)
    return options.passes or alone


def _for(subject: Subject, options: Options) -> Options:
    return Options(
        options.data,
        options.source,
        options.runs,
        _passes(subject, options),
        options.noise,
    )


def _left(each: list[float], number: int, spent: float) -> float:
    """Seconds still to go, at the pace that was kept so far."""
    done = sum(each[:number])
    pace = spent / done if done else 1.0
    return sum(each[number:]) * pace


def _verdict(results: list[Result]) -> str:
    told = []
    for state in (REPRODUCED, DIFFERS, TAMPERED, NOT_TRIED):
        count = sum(one.state == state for one in results)
        if count:
            told.append(f"{count} {state}")
    return f"Of {len(results)} published records: {', '.join(told)}."


def _code(results: list[Result]) -> int:
    codes = {CODES[one.state] for one in results}
    return 1 if 1 in codes else max(codes, default=2)


def _again(chosen: argparse.Namespace) -> Options:
    return Options(
        data=Path(chosen.data),
        source=chosen.source,
        runs=chosen.runs,
        passes=tuple(chosen.passes),
        noise=chosen.noise,
    )


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.commands.reproduce",
        description="Measure a recorded cell again, and compare.",
    )
    add = parser.add_argument
    add(
        "run",
        nargs="?",
        default="",
        metavar="RUN",
        help="id or path of a record",
    )
    add("overrides", nargs="*", help=f"some of {', '.join(OVERRIDES)}")
    add("--published", nargs="?", const="", metavar="SET", help="all of it")
    add("--only", help="such as cnn/torch,rnn/jax/s0 (with --published)")
    add("--data", default="data", help="where data sets lie")
    add("--source", default="", help="auto, real or synthetic")
    add("--passes", default="", help="some of quality,speed,memory")
    add("--noise", type=float, default=NOISE, help="factor for times")
    add("--runs", type=Path, default=Path("runs"))
    add("--out", type=Path, default=OUT)
    add("--store", help="MLflow's address; runs/mlflow.db")
    chosen = parser.parse_intermixed_args(given)
    _override(chosen)
    chosen.runs, chosen.out = Path(chosen.runs), Path(chosen.out)
    chosen.passes = [w for w in chosen.passes.strip("[]").split(",") if w]
    for word in chosen.passes:
        if word not in run_cell.PASSES:
            names = ", ".join(run_cell.PASSES)
            raise UserError(f"passes={word}: expected some of {names}.")
    if not 1 <= chosen.noise < float("inf"):
        raise UserError(f"--noise {chosen.noise}: expected a factor from 1.")
    if chosen.published is None and not chosen.run:
        raise UserError(
            "Expected the record to reproduce: make reproduce RUN=<id>. Ids"
            " stand in the report, in MLflow, and as folders in"
            f" {chosen.runs}/records; all that is published: make verify"
        )
    return chosen


def _override(chosen: argparse.Namespace) -> None:
    """Take in `key=value` as the bench knows them."""
    words = [*chosen.overrides]
    if "=" in chosen.run:
        words.insert(0, chosen.run)
        chosen.run = ""
    for word in words:
        key, equals, value = word.partition("=")
        if key not in OVERRIDES or not equals:
            raise UserError(
                f"{word}: a reproduction has the record's configuration."
                f" Expected none but {', '.join(OVERRIDES)}."
            )
        setattr(chosen, OVERRIDES[key], value.strip("'\""))


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
