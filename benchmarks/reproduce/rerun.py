"""Measure a record's cell again: its configuration, data and passes."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import impls
from benchmarks.bench import run_cell
from benchmarks.bench.cells import Job
from benchmarks.bench.console import Console, stage
from benchmarks.config import fit
from benchmarks.config.schema import PASSES
from benchmarks.data.pipeline import prepare
from benchmarks.environment import describe, interpreters
from benchmarks.environment.env_vars import backend
from benchmarks.errors import UserError
from benchmarks.records import revision
from benchmarks.reproduce import from_csv
from benchmarks.reproduce.compare import NOISE, Terms, compare, differences
from benchmarks.reproduce.report import TAMPERED, Result
from benchmarks.reproduce.subject import Subject
from benchmarks.worker.request import request, setting

Record = dict[str, Any]
STARTING = ("worker_start", "import", "build")
TIMINGS = {  # of each pass
    "quality": ("training", "evaluation", "afterwards"),
    "speed": ("compile", "timing", "inference", "decoding", "ceiling"),
    "memory": (),
}


@dataclass(frozen=True)
class Options:
    """What a reproduction may choose; the configuration is the record's."""

    data: Path = Path("data")
    source: str = ""  # empty: real or synthetic, as recorded
    runs: Path = Path("runs")
    passes: tuple[str, ...] = ()  # empty: those that were recorded
    noise: float = NOISE


def reproduce(
    subject: Subject, options: Options, console: Console, prefix: str = ""
) -> Result:
    """Check a record, measure its cell again and compare.

    A record that was tampered with or cannot be tried is a result, too.
    prefix: of the status line.
    """
    result = Result(subject.id, subject.title, subject.origin)
    result.notes = subject.trust.notes
    if subject.trust.problems:
        result.state = TAMPERED
        result.reason = "; ".join(subject.trust.problems)
        return result
    try:
        _try(subject, options, result, console, prefix)
    except UserError as error:
        result.reason = " ".join(str(error).splitlines())
    return result


def seconds(subject: Subject, options: Options) -> float:
    """How long the chosen passes took when recorded."""
    entry, chosen = subject.entry, _passes(subject, options)
    timings = entry.get("timings")
    if not timings or not chosen or set(chosen) == set(PASSES):
        return float(entry["seconds"])
    parts = [*STARTING, *(part for name in chosen for part in TIMINGS[name])]
    return float(sum(timings.get(part, 0.0) for part in parts))


def _passes(subject: Subject, options: Options) -> tuple[str, ...]:
    """The passes to run; empty: all that were recorded."""
    # A table's row claims its quality alone: nothing else of its process is
    # known
    return options.passes or (() if subject.full else ("quality",))


def _try(
    subject: Subject,
    options: Options,
    result: Result,
    console: Console,
    prefix: str,
) -> None:
    entry = subject.entry
    if entry["status"] != "finished":
        raise UserError(
            f"it {entry['status']} when recorded: {entry['reason']}"
        )
    cell = _cell(subject, options, result)
    code, around = revision.code(), describe.describe(cell)
    here = describe.fingerprint(around)
    result.code = _code(entry["code"], code)
    _look_around(entry, around, here, result)
    data = _data(entry, cell, options, result, console)
    fit.check_fit(cell["workload"], data)
    job = Job([], cell, data["name"], around, here, key=entry["key"])
    about = {"id": f"reproduce {result.id}", "suite": "reproduce", "code": code}
    scratch = options.runs / "reproduce" / "records"  # not among the records
    began = time.perf_counter()
    again = run_cell.run(
        job,
        data,
        about,
        scratch,
        lambda name, state: console.status(prefix + stage(name, state)),
    )
    result.seconds = time.perf_counter() - began
    result.kept = str(scratch / again["id"])
    if again["status"] != "finished":
        raise UserError(
            f"{again['status']}: {again['reason']} (logs: {result.kept})"
        )
    terms = Terms(
        same_machine=entry["fingerprint"] == here,
        same_code=entry["code"].get("digest") == code["digest"],
        deterministic=cell.get("deterministic", True),
        margin=cell["workload"].get("margin"),
        peers=subject.peers,
        noise=options.noise,
    )
    result.findings = compare(entry, again, terms)
    result.judge()


def _look_around(
    entry: Record, around: Record, here: str, result: Result
) -> None:
    """Note how the machine differs. Raises UserError where it lacks a GPU."""
    recorded = entry["environment"].items()
    then = {k: v for k, v in recorded if k not in describe.PASSING}
    result.fingerprint = [entry["fingerprint"], here]
    if entry["fingerprint"] != here:
        result.environment = differences(then, around)
    if entry["device"] != "cpu" and around["gpu"] is None:
        raise UserError(f"recorded on a {then.get('gpu')}: no GPU answers here")


def _cell(subject: Subject, options: Options, result: Result) -> Record:
    """The recorded configuration, its interpreter this machine's.

    Raises UserError where this tree's code cannot build it.
    """
    if subject.full:
        cell = dict(subject.entry["cell"])
    else:
        cell, source = from_csv.rebuild(subject.entry)
        result.notes = [*result.notes, f"rebuilt from {source}"]
    cell["framework"] = cell["framework"] | {
        "python": interpreters.interpreter(backend(cell["framework"]))
    }
    recorded = cell["passes"]
    passes = _passes(subject, options) or recorded
    chosen = [name for name in recorded if name in passes]
    if not chosen:
        raise UserError(f"passes: the record has {', '.join(recorded)} only")
    _check(cell)
    return cell | {"passes": chosen}


def _check(cell: Record) -> None:
    """Raises UserError for what this tree's code does not have."""
    model, name = cell["workload"]["model"], cell["framework"]["name"]
    if model not in impls.MODELS:
        raise UserError(f"this tree has no model {model}")
    if name not in (*impls.FRAMEWORKS, "slide"):
        raise UserError(f"this tree has no framework {name}")
    try:
        impls.spec(model)(**cell["workload"]["spec"]).shapes()
        request(cell)
        setting(cell)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"this tree cannot build the recorded configuration"
            f" ({type(error).__name__}: {error})"
        ) from error


def _data(
    entry: Record,
    cell: Record,
    options: Options,
    result: Result,
    console: Console,
) -> Record:
    """The same arrays, prepared anew. Raises UserError for others."""
    recorded = entry["data"]
    source = options.source or (
        "synthetic" if recorded["synthetic"] else "real"
    )
    name = cell["workload"]["data"]["name"]
    folder, cache = options.data.expanduser(), options.runs / "data"
    data = prepare(name, folder, source, cache, console.line)
    then, now = recorded["digest"], data["digest"]
    same = (data["name"], now) == (recorded["name"], then)
    comparison = f"{data['name']}, digest {now[:12]}: the same"
    if not same:
        comparison = (
            f"{recorded['name']} {str(then)[:12]} recorded, {data['name']}"
            f" {now[:12]} here"
        )
    result.data = {"name": data["name"], "recorded": then, "now": now}
    result.data["comparison"] = comparison
    if not same:
        raise UserError(f"other data: {comparison}; numbers would not compare")
    return data


def _code(then: Record, now: Record) -> Record:
    """Both codes, how they differ, and how to get the recorded one."""
    comparison = f"digest {now['digest']}: the same"
    if then.get("digest") != now["digest"]:
        comparison = f"recorded at {_named(then)}, this tree is {_named(now)}"
        commit = then.get("revision")
        if commit and revision.exists(commit):
            tree = f"git worktree add ../at-{commit[:7]} {commit[:7]}"
            comparison += f"; for that revision: {tree}"
        elif commit:
            comparison += "; this repository does not have it: git fetch"
    return {"recorded": then, "now": now, "comparison": comparison}


def _named(code: Record) -> str:
    commit = (code.get("revision") or "no revision")[:7]
    changed = " with changes" if code.get("dirty") else ""
    return f"{commit}{changed} (digest {str(code.get('digest'))[:8]})"
