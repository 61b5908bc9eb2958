"""A gate whose pairs are drawn instead of measured."""

import pytest

from benchmarks.gate import cells, run
from benchmarks.gate.checkout import compose_cells, trees
from benchmarks.tracking import gates
from tests.support.gate_lab import Lab


@pytest.fixture
def lab(monkeypatch):
    made = Lab()
    monkeypatch.setattr(trees, "sides", made.sides)
    monkeypatch.setattr(trees, "ensure_unchanged", lambda side, before: None)
    monkeypatch.setattr(compose_cells, "paired", made.paired)
    monkeypatch.setattr(cells, "open_pair", made.open_pair)
    monkeypatch.setattr(cells, "measure", made.measure)
    monkeypatch.setattr(cells.numerics, "compare", lambda *given: made.numerics)
    monkeypatch.setattr(cells, "environment", lambda side, cell: {"cpu": "x"})
    monkeypatch.setattr(run, "unavailable", lambda cell, around: None)
    monkeypatch.setattr(gates, "keep", lambda *given, **named: None)
    return made
