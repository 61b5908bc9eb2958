"""Facts of a bench: place, time, machine, data, failures, seconds."""

from datetime import datetime
from typing import Any

import pandas as pd

from reports.results import grouping, seconds
from reports.results.format import duration, listed, plural
from reports.results.frame import Bench
from reports.results.titles import ORDER, framework_title, workload_title

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
    places = sorted({_machine(detail) for detail in bench.details.values()})
    reused = int((cells["invocation"] != call["id"]).sum())
    planned = call["planned"] or len(cells)
    return {
        "id": call["id"],
        "suite": call["suite"],
        "command": call["command"],
        "when": moment(call["started"] or cells["started"].min()),
        "where": listed(places),
        "seconds": duration(call["seconds"]),
        "ended": call["ended"],
        "planned": planned,
        "cells": len(cells),
        "finished": int(states.get("finished", 0)),
        "failed": int(states.get("failed", 0)),
        "skipped": int(states.get("skipped", 0)),
        "reused": reused,
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
            "source": _sentence(detail.get("data.source")),
            "notice": (detail.get("data.notice") or "").rstrip("."),
            "sizes": ", ".join(sizes),
        }
    return [sets[name] for name in sorted(sets)]


def environment(bench: Bench) -> dict[str, Any]:
    """Facts of the machine, libraries by framework, flags."""
    facts, fingerprints = [], set(bench.cells["fingerprint"].dropna())
    for name, title in FACTS.items():
        values = _distinct(bench, name)
        if values:
            facts.append({"name": title, "value": "; ".join(values)})
    facts += [
        {"name": "Load before cells", "value": _load(bench)},
        {"name": "Code", "value": listed(_revisions(bench))},
        {"name": "Fingerprints", "value": ", ".join(sorted(fingerprints))},
    ]
    return {
        "facts": [fact for fact in facts if fact["value"]],
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
            "tail": bench.details[cell["record"]].get("log_tail", ""),
            "place": f"runs/records/{cell['record']}",
        }
        for _, cell in grouping.lost(bench).iterrows()
    ]


def time(bench: Bench) -> dict[str, Any]:
    """Where the seconds went, as parts with their shares."""
    return {
        "bench": seconds.of_bench(bench),
        "cells": seconds.of_cells(bench),
        "frameworks": seconds.by_framework(bench),
        "own": seconds.own_cost(bench),
    }


def moment(text: str | None) -> str:
    """24 November 2026, 10:15 UTC"""
    if not text:
        return ""
    when = datetime.fromisoformat(text)
    zone = when.strftime("%Z").replace("UTC+00:00", "UTC")
    return f"{when.day} {when:%B %Y, %H:%M} {zone}".strip()


def _machine(detail: dict[str, Any]) -> str:
    machine = detail["environment"]
    names = [str(machine[n]) for n in ("gpu", "cpu") if machine.get(n)]
    threads = machine.get("threads")
    text = ", ".join(names) or "unnamed machine"
    return f"{text} ({plural(int(threads), 'thread')})" if threads else text


def _revisions(bench: Bench) -> list[str]:
    revisions = set()
    for detail in bench.details.values():
        revision = detail.get("code.revision")
        text = f"revision {revision[:10]}" if revision else "no revision"
        if detail.get("code.dirty") == "true":
            text += " with changes"
        if not revision:
            text += f" ({detail.get('code.reason', 'unknown')})"
        revisions.add(f"{text}, sources {detail.get('code.digest')}")
    return sorted(revisions)


def _distinct(bench: Bench, name: str) -> list[str]:
    values = {
        detail["environment"].get(name) for detail in bench.details.values()
    } - {None}
    if name == "memory_bytes":
        values = {f"{value / 1e9:.1f} GB" for value in values}
    return sorted(map(str, values))


def _load(bench: Bench) -> str:
    loads = []
    for detail in bench.details.values():
        load = detail["environment"].get("load_average")
        load = load[0] if isinstance(load, list) and load else load
        if isinstance(load, (int, float)):
            loads.append(load)
    return f"{min(loads):.1f} to {max(loads):.1f}" if loads else ""


def _by_framework(bench: Bench, name: str) -> dict[str, dict[str, Any]]:
    """A part of the environment by framework, in the order of the tables."""
    cells = bench.cells
    records = list(zip(cells["framework"], cells["record"], strict=True))
    order = {framework: number for number, framework in enumerate(ORDER)}
    records.sort(key=lambda pair: order.get(pair[0], len(ORDER)))
    parts: dict[str, dict[str, Any]] = {}
    for framework, record in records:
        values = bench.details[record]["environment"].get(name) or {}
        parts.setdefault(framework_title(framework), {}).update(values)
    return parts


def _sentence(text: str | None) -> str:
    """A capital first, and no full stop."""
    text = (text or "").strip().rstrip(".")
    return text[:1].upper() + text[1:]


def _title(cell: "pd.Series[Any]") -> str:
    workload = workload_title(cell["workload"])
    framework = framework_title(cell["framework"])
    rest = [str(cell[key]) for key in ("mode", "precision", "device")]
    return " ".join([workload, framework, *rest, f"seed {cell['seed']}"])
