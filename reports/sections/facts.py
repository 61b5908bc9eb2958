"""Facts of a bench: place, time, machine, data, failures, seconds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reports.results import grouping, seconds
from reports.results.format import capital, duration, listed, plural
from reports.results.frame import Bench
from reports.results.titles import (
    framework_order,
    framework_title,
    workload_title,
)

FACTS = {
    "cpu": "Processor",
    "cores": "Cores",
    "threads": "Threads used",
    "memory_bytes": "Memory",
    "gpu": "GPU",
    "driver": "GPU driver",
    "os": "Operating system",
    "python": "Python",
}


def about(bench: Bench) -> dict[str, Any]:
    """What was run, where and when."""
    call, cells = bench.call, bench.cells
    states = cells["status"].value_counts()
    ended = ("finished", "failed", "skipped")
    return call | {
        "when": _moment(call["started"] or cells["started"].min()),
        "where": listed(sorted(set(map(_machine, _environments(bench))))),
        "seconds": duration(call["seconds"]),
        "planned": call["planned"] or len(cells),
        "cells": len(cells),
        **{status: int(states.get(status, 0)) for status in ended},
        "reused": int((cells["invocation"] != call["id"]).sum()),
        "revision": listed(_revisions(bench)),
    }


def datasets(bench: Bench) -> list[dict[str, Any]]:
    """Every data set: source, digest, why a synthetic one stands in."""
    sets: dict[str, dict[str, Any]] = {}
    for detail in bench.details.values():
        name = detail.get("data.name")
        if not name or not detail.get("data.digest"):
            continue
        sizes = [
            f"{int(detail[f'data.sizes.{part}']):,} {part}"
            for part in ("train", "validation", "test")
            if int(detail.get(f"data.sizes.{part}", 0))
        ]
        sets[name] = {
            "name": name,
            "synthetic": detail.get("data.synthetic") == "true",
            "digest": detail["data.digest"],
            "source": capital(detail.get("data.source", "")).rstrip("."),
            "notice": detail.get("data.notice", "").rstrip("."),
            "sizes": ", ".join(sizes),
        }
    return [sets[name] for name in sorted(sets)]


def environment(bench: Bench) -> dict[str, Any]:
    """Facts of the machine, libraries by framework, flags."""
    machines = _environments(bench)
    fingerprints = bench.cells["fingerprint"].dropna().unique()
    facts = {title: _distinct(machines, name) for name, title in FACTS.items()}
    facts |= {
        "Load before cells": _load(machines),
        "Matrix product": _peaks(bench.call["machine_peaks"]),
        "Code": listed(_revisions(bench)),
        "Fingerprints": ", ".join(sorted(fingerprints)),
    }
    return {
        "facts": {title: value for title, value in facts.items() if value},
        "versions": _by_framework(bench, "versions"),
        "flags": _by_framework(bench, "flags"),
    }


def failures(bench: Bench) -> list[dict[str, Any]]:
    """Cells that failed or were skipped: reason and end of the log."""
    return [
        {
            "title": _title(cell),
            "status": cell["status"],
            "reason": cell["reason"],
            "tail": bench.details[cell["record"]]["log_tail"],
            "place": f"runs/records/{cell['record']}",
        }
        for cell in grouping.lost(bench).to_dict("records")
    ]


def time(bench: Bench) -> dict[str, Any]:
    """Where the seconds went, as parts with their shares."""
    return {
        "bench": seconds.of_bench(bench),
        "cells": seconds.of_cells(bench),
        "frameworks": seconds.by_framework(bench),
        "own": seconds.own_cost(bench),
    }


def _moment(text: str | None) -> str:
    """24 November 2026, 10:15 UTC"""
    if not text:
        return ""
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%B %Y, %H:%M %Z}".strip()


def _environments(bench: Bench) -> list[dict[str, Any]]:
    return [detail["environment"] for detail in bench.details.values()]


def _machine(environment: dict[str, Any]) -> str:
    names = [environment.get("gpu"), environment.get("cpu")]
    text = ", ".join(filter(None, names)) or "unnamed machine"
    threads = environment.get("threads")
    return f"{text} ({plural(int(threads), 'thread')})" if threads else text


def _revisions(bench: Bench) -> list[str]:
    revisions = set()
    for detail in bench.details.values():
        revision = detail.get("code.revision")
        text = f"no revision ({detail.get('code.reason', 'unknown')})"
        if revision:
            dirty = detail.get("code.dirty") == "true"
            text = f"revision {revision[:10]}" + " with changes" * dirty
        revisions.add(f"{text}, sources {detail.get('code.digest')}")
    return sorted(revisions)


def _distinct(machines: list[dict[str, Any]], name: str) -> str:
    values = {own[name] for own in machines if own.get(name) is not None}
    if name == "memory_bytes":
        values = {f"{value / 1e9:.1f} GB" for value in values}
    return "; ".join(sorted(map(str, values)))


def _load(machines: list[dict[str, Any]]) -> str:
    loads = [load[0] for own in machines if (load := own.get("load_average"))]
    return f"{min(loads):.1f} to {max(loads):.1f}" if loads else ""


def _peaks(peaks: list[dict[str, Any]]) -> str:
    """The machine's peak at the beginning, and its drift until the end."""
    texts = []
    for peak in peaks:
        text = f"{peak['of']} {peak['first']:.0f} GFLOP/s"
        if peak["drift"] is not None:
            text += f" ({100 * peak['drift']:+.1f} % at the end)"
        texts.append(text)
    return "; ".join(texts)


def _by_framework(bench: Bench, name: str) -> dict[str, dict[str, Any]]:
    """A part of the environment by framework, in the order of the tables."""
    parts: dict[str, dict[str, Any]] = {}
    cells = zip(bench.cells["framework"], bench.cells["record"], strict=True)
    for framework, record in sorted(cells, key=lambda c: framework_order(c[0])):
        values = bench.details[record]["environment"].get(name) or {}
        parts.setdefault(framework_title(framework), {}).update(values)
    return parts


def _title(cell: Mapping[Any, Any]) -> str:
    names = workload_title(cell["workload"]), framework_title(cell["framework"])
    place = f"{cell['mode']} {cell['precision']} {cell['device']}"
    return f"{' '.join(names)} {place} seed {cell['seed']}"
