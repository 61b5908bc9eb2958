"""Published sets, all of them or a part, measured again one by one."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench.console import Console, duration
from benchmarks.errors import UserError
from benchmarks.reproduce import subject
from benchmarks.reproduce.report import CODES, Result
from benchmarks.reproduce.rerun import Options, reproduce, seconds
from benchmarks.reproduce.subject import Subject


def run(
    subjects: list[Subject], options: Options, shown: Console
) -> Iterator[Result]:
    """Reproduce records one by one, and show the time left."""
    planned = [seconds(each, options) for each in subjects]
    total = duration(sum(planned))
    shown.line(f"About {total}, as long as it took when recorded")
    began = time.monotonic()
    for number, each in enumerate(subjects):
        prefix = ""
        if len(subjects) > 1:
            prefix = f"{number + 1} of {len(subjects)}  "
            left = _left(planned, number, time.monotonic() - began)
            shown.line(f"{prefix}{each.title}  about {duration(left)} to go")
        yield reproduce(each, options, shown, prefix)


def folders(name: str, published: Path) -> list[Path]:
    """The sets of a name: of all, where it is empty.

    Raises UserError for a set that does not exist.
    """
    if not name:
        if sets := subject.sets(published):
            return sets
        raise UserError(f"{published}: nothing is published yet.")
    for folder in (published / name, Path(name).expanduser()):
        if folder.is_dir():
            if (folder / "results.csv").is_file():
                return [folder.resolve()]
            inner = subject.sets(folder)
            if any((each / "results.csv").is_file() for each in inner):
                return inner
            return [folder.resolve()]
    names = ", ".join(path.name for path in subject.sets(published))
    raise UserError(f"{name}: no such published set. Expected one of {names}")


def subjects(
    sets: list[Path], only: str | None
) -> tuple[list[Subject], list[Result]]:
    """The records of the sets, and a result for each set that is broken.

    only: words such as `cnn/torch/s0`, alternatives separated by commas.
    Raises UserError where no record has them.
    """
    listed: list[Subject] = []
    broken = []
    for folder in sets:
        try:
            listed += subject.of_set(folder)
        except UserError as error:
            result = Result(folder.name, "the whole set", folder.name)
            result.reason = str(error)
            broken.append(result)
    chosen = [each for each in listed if only is None or _fits(each, only)]
    if listed and not chosen:
        names = dict.fromkeys("/".join(_words(each)[1:3]) for each in listed)
        raise UserError(
            f"--only {only}: fits no published record. Expected"
            f" set/workload/framework/mode/seed, or some of these words:"
            f" {', '.join(names)}."
        )
    return chosen, broken


def summary(results: list[Result]) -> str:
    """Such as `Of 9 published records: 8 reproduced, 1 differs.`"""
    counts = Counter(result.state for result in results)
    states = [f"{counts[state]} {state}" for state in CODES if counts[state]]
    return f"Of {len(results)} published records: {', '.join(states)}."


def exit_code(results: list[Result]) -> int:
    """1 where a record differs or was tampered with, else the highest."""
    codes = {CODES[result.state] for result in results}
    return 1 if 1 in codes else max(codes, default=2)


def _fits(each: Subject, only: str) -> bool:
    """Whether all words of one of the alternatives name the record."""
    words = _words(each)
    return any(
        all(word in words for word in alternative.split("/") if word)
        for alternative in only.split(",")
    )


def _words(each: Subject) -> list[str]:
    names = ("workload", "framework", "mode")
    words = [str(each.entry[name]) for name in names]
    return [each.origin, *words, f"s{each.entry['seed']}"]


def _left(planned: list[float], number: int, spent: float) -> float:
    """Seconds still to go, at the pace that was kept so far."""
    done = sum(planned[:number])
    pace = spent / done if done else 1.0
    return sum(planned[number:]) * pace
