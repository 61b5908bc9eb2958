"""Suites: the cells that a suite sweeps over, found by looking at conf/."""

from typing import Any

from omegaconf import OmegaConf

from benchmarks.config import overrides


def cells(sweeper: Any, given: list[str]) -> list[list[str]]:
    """The overrides of every cell of a sweep; what is given wins.

    sweeper: the `hydra.sweeper` of a suite (`CellSweeperConfig`). A workload
    is part of it by its `suite`, and has seeds of its own.
    """
    names = {word.lstrip("+").partition("=")[0] for word in given}
    grids = [sweeper.get("params") or {}]
    also = sweeper.get("also") or {}
    if also and not names & set(also):
        grids.append(also)
    suite = []
    if sweeper.get("workloads_of") and "workload" not in names:
        suite.append(f"workload={','.join(workloads(sweeper.workloads_of))}")
    sweep = []
    for grid in grids:
        words = [f"{name}={values}" for name, values in grid.items()]
        sweep += overrides.expand([*words, *suite, *given])
    if not sweeper.get("own_seeds"):
        return sweep
    return [[*cell, *seed] for cell in sweep for seed in _seeds(cell, names)]


def workloads(suite: str) -> list[str]:
    """Workloads of a suite, or of all, in the order of the report."""
    order = {}
    for path in (overrides.CONF / "workload").glob("*.yaml"):
        workload: Any = OmegaConf.load(path)
        if suite in ("all", workload.suite):
            order[path.stem] = workload.report.order
    return sorted(order, key=lambda name: (order[name], name))


def _seeds(cell: list[str], given: set[str]) -> list[list[str]]:
    """The overrides of each of a workload's seeds; given keys win."""
    chosen = dict(word.split("=", 1) for word in cell)
    path = overrides.CONF / "workload" / f"{chosen['workload']}.yaml"
    seeds: Any = OmegaConf.load(path).seeds
    untimed = [str(n) for n in seeds.get("quality_only") or []]
    numbers = [*map(str, seeds.timed), *untimed]
    if "seed" in given:
        numbers = [chosen["seed"]]
    added = []
    for number in numbers:
        words = [] if "seed" in given else [f"seed={number}"]
        if number in untimed and "passes" not in given:
            words.append("passes=[quality]")
        added.append(words)
    return added
