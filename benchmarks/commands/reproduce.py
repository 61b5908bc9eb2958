"""`python -m benchmarks.commands.reproduce RUN | --published [SET]`.

Measures a record, or what is published, again and compares. Exit code: 0 all
is reproduced, 1 something differs or was tampered with, 2 it could not be
tried, 130 interrupted.
"""

import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.bench.console import Console
from benchmarks.commands.entry import Add, command
from benchmarks.config.schema import PASSES
from benchmarks.environment import machine_lock
from benchmarks.errors import UserError
from benchmarks.reproduce import report, verify
from benchmarks.reproduce.compare import NOISE
from benchmarks.reproduce.find import find
from benchmarks.reproduce.rerun import Options
from benchmarks.reproduce.subject import PUBLISHED

OVERRIDES = {  # of the bench's, those that leave the configuration alone
    "data.folder": "data",
    "data.source": "source",
    "passes": "passes",
    "report": "out",
    "runs": "runs",
    "tracking.uri": "store",
}


def _options(add: Add) -> None:
    add("run", nargs="?", default="", metavar="RUN", help="id or path")
    add("overrides", nargs="*", help=f"some of {', '.join(OVERRIDES)}")
    add("--published", nargs="?", const="", metavar="SET", help="all of it")
    add("--only", help="such as cnn/torch,rnn/jax/s0 (with --published)")
    add("--data", default="data", help="folder of the data sets")
    add("--source", default="", help="auto, real or synthetic")
    add("--passes", default="", help="some of quality,speed,memory")
    add("--noise", type=float, default=NOISE, help="factor for times")
    add("--runs", default="runs")
    add("--out", default="reports/reproduce")
    add("--store", help="MLflow's address; runs/mlflow.db")


@command(
    "Interrupted: the cell that ran left nothing behind; reports of those"
    " before it stay.",
    _options,
)
def main(chosen: Namespace) -> int:
    """Reproduce a record or published sets; returns the exit code."""
    _override(chosen)
    chosen.runs, chosen.out = Path(chosen.runs), Path(chosen.out)
    options = Options(
        Path(chosen.data),
        chosen.source,
        chosen.runs,
        _passes(chosen.passes),
        chosen.noise,
    )
    if not 1 <= chosen.noise < float("inf"):
        raise UserError(f"--noise {chosen.noise}: expected a factor from 1.")
    if chosen.published is None:
        return _record(chosen, options)
    return _published(chosen, options)


def _record(chosen: Namespace, options: Options) -> int:
    """Reproduce the record that RUN names."""
    if not chosen.run:
        raise UserError(
            "Expected the record to reproduce: make reproduce RUN=<id>. Ids"
            " stand in the report, in MLflow, and as folders in"
            f" {chosen.runs}/records; all that is published: make verify"
        )
    subject, shown = find(chosen.run, chosen.runs, chosen.store), Console()
    with machine_lock.alone():
        (result,) = verify.run([subject], options, shown)
    path = report.write(result, chosen.out)
    for line in [*report.lines(result), f"Report: {path}"]:
        shown.line(line)
    return report.CODES[result.state]


def _published(chosen: Namespace, options: Options) -> int:
    """Reproduce all that is published, or a part of it."""
    sets = verify.folders(chosen.published, PUBLISHED)
    subjects, results = verify.subjects(sets, chosen.only)
    name, shown = "-".join(folder.name for folder in sets), Console()
    plural = "s" * (len(sets) != 1)
    shown.line(f"{len(subjects)} published records of {len(sets)} set{plural}")
    with machine_lock.alone():
        for result in verify.run(subjects, options, shown):
            shown.line(f"  {result.state}: {result.reason or result.summary}")
            report.write(result, chosen.out)
            results.append(result)
            report.write_all(results, chosen.out, name)
    path = report.write_all(results, chosen.out, name)
    last = ["", verify.summary(results), f"Report: {path}"]
    for line in ["", *report.table(results), *last]:
        shown.line(line)
    return verify.exit_code(results)


def _passes(text: str) -> tuple[str, ...]:
    """The passes of `quality,speed` or `[quality,speed]`."""
    passes = tuple(name for name in text.strip("[]").split(",") if name)
    for name in passes:
        if name not in PASSES:
            names = ", ".join(PASSES)
            raise UserError(f"passes={name}: expected some of {names}.")
    return passes


def _override(chosen: Namespace) -> None:
    """Take the overrides `key=value` into the options."""
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


if __name__ == "__main__":
    sys.exit(main())
