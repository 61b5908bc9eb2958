"""Fake trees and processes for tests of a whole gate."""

import json
import random
import sys
from contextlib import contextmanager

from benchmarks.bench.console import Console
from benchmarks.gate import run, settings
from benchmarks.records.verdict import Numerics
from tests.support import gate_trees

STEP = "training_step_milliseconds"
SAME = Numerics("unchanged", 1e-16)


class Lab:
    """Pairs that are drawn; tests change what they are drawn from."""

    def __init__(self):
        self.slower = {}  # metric -> factor of head
        self.spread = 0.005
        self.titles = ["rnn torch eager", "cnn torch eager"]
        self.numerics = SAME
        self.events = {}  # number of the pair -> exception
        self.after = {}  # the same, for all titles but the first
        self.pairs = []  # (title, whether base came first)
        self.cells = {}

    @contextmanager
    def sides(self, base, runs, log):
        root = gate_trees.ROOT
        yield tuple(
            gate_trees.side(name, root, sys.executable)
            for name in ("base", "head")
        )

    def paired(self, base, head, overrides, log):
        pairs = {}
        for title in self.titles:
            cell = gate_trees.cell()
            cell["workload"] = cell["workload"] | {"name": title.split()[0]}
            pairs[title] = cell, cell
        return pairs

    @contextmanager
    def open_pair(self, sides, cells, files, seed, kinds, how, base_first):
        name = cells[1]["workload"]["name"]
        self.pairs.append((name, base_first))
        number = sum(other == name for other, _ in self.pairs)
        events = self.events if self.titles[0].startswith(name) else self.after
        if number in events:
            raise events[number]
        yield random.Random(f"{name} {number}"), base_first

    def measure(self, opened, how):
        draw, base_first = opened
        order = 1.01 if base_first else 0.99
        base, head = {}, {}
        for name in (STEP, "startup_seconds", "host_peak_bytes"):
            value = 10 * draw.lognormvariate(0, self.spread)
            base[name] = {"value": value / order, "reason": None}
            value = 10 * draw.lognormvariate(0, self.spread)
            slower = self.slower.get(name, 1)
            head[name] = {"value": slower * value, "reason": None}
        for sample in (base, head):
            sample["parameters_count"] = {"value": 18, "reason": None}
            for name in ("compile_seconds", "inference_latency_milliseconds"):
                sample[name] = {"value": None, "reason": "not in this test"}
        return base, head


def gate(tmp_path, **changed):
    """The exit code and the verdict of a gate with changed settings."""
    chosen = settings.read()
    for name, value in changed.items():
        setattr(chosen, name, value)
    made = run.Gate(chosen, tmp_path, Console())
    code = made.run("main", "", tmp_path / "report")
    path = tmp_path / "report" / "gate.json"
    return code, json.loads(path.read_text())


def decision(verdict, title, metric=STEP):
    """One decision of a verdict."""
    cell = next(c for c in verdict["cells"] if c["title"] == title)
    return next(d for d in cell["decisions"] if d["metric"] == metric)
