"""Facts of a bench: place, time, machine, data, failures, seconds."""

from datetime import datetime
from typing import Any

import pandas as pd

from reports.results import grouping, seconds
from reports.results.format import duration, fixed, listed, plural
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
    facts = []
    for name, title in FACTS.items():
        values = _distinct(bench, name)
        if values:
            facts.append({"name": title, "value": "; ".join(values)})
    facts += [
        {"name": "Load before cells", "value": _load(bench)},
        {"name": "Code", "value": listed(_revisions(bench))},
        {"name": "Fingerprints", "value": _joined(bench.cells["fingerprint"])},
    ]
    versions: dict[str, dict[str, Any]] = {}
    flags: dict[str, dict[str, Any]] = {}
    for record, framework in _frameworks(bench):
        machine = bench.details[record]["environment"]
        versions.setdefault(framework_title(framework), {}).update(
            machine.get("versions") or {}
        )
        flags.setdefault(framework_title(framework), {}).update(
            machine.get("flags") or {}
        )
    return {
        "facts": [fact for fact in facts if fact["value"]],
        "versions": versions,
        "flags": flags,
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
    """Where the seconds went, as slices with their shares."""
    own = seconds.own_cost(bench)
    return {
        "bench": [_slice(part) for part in seconds.of_bench(bench)],
        "cells": [_slice(part) for part in seconds.of_cells(bench)],
        "frameworks": [
            {
                **row,
                "seconds": fixed(row["seconds"], 1),
                "mean": fixed(row["mean"], 1),
            }
            for row in seconds.by_framework(bench)
        ],
        "own": _slice(own) if own else None,
    }


def moment(text: str | None) -> str:
    """24 November 2026, 10:15 UTC"""
    if not text:
        return ""
    when = datetime.fromisoformat(text)
    zone = when.strftime("%Z").replace("UTC+00:00", "UTC")
    return f"{when.day} {when:%B %Y, %H:%M} {zone}".strip()


def _slice(part: seconds.Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "seconds": fixed(part.seconds, 1),
        "share": fixed(100 * part.share, 1),
        "width": round(100 * part.share, 3),
    }


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
    values = {}
    for detail in bench.details.values():
        value = detail["environment"].get(name)
        if value is not None:
            if name == "memory_bytes":
                value = f"{value / 1e9:.1f} GB"
            values[str(value)] = True
    return sorted(values)


def _load(bench: Bench) -> str:
    loads = []
    for detail in bench.details.values():
        load = detail["environment"].get("load_average")
        load = load[0] if isinstance(load, list) and load else load
        if isinstance(load, (int, float)):
            loads.append(load)
    return f"{min(loads):.1f} to {max(loads):.1f}" if loads else ""


def _joined(values: "pd.Series[Any]") -> str:
    return ", ".join(sorted({str(value) for value in values.dropna()}))


def _frameworks(bench: Bench) -> list[tuple[str, str]]:
    """Records with their framework, in the order of the tables."""
    cells = bench.cells
    records = list(zip(cells["record"], cells["framework"], strict=True))
    order = {name: number for number, name in enumerate(ORDER)}
    return sorted(records, key=lambda pair: order.get(pair[1], 50))


def _sentence(text: str | None) -> str:
    """A capital first, and no full stop."""
    text = (text or "").strip().rstrip(".")
    return text[:1].upper() + text[1:]


def _title(cell: "pd.Series[Any]") -> str:
    words = [
        workload_title(cell["workload"]),
        framework_title(cell["framework"]),
        cell["mode"],
        cell["precision"],
        cell["device"],
        f"seed {cell['seed']}",
    ]
    return " ".join(str(word) for word in words)
