"""Suites: the cells that a suite sweeps over, found by looking at conf/."""

from typing import Any

from omegaconf import OmegaConf

from benchmarks.config import overrides

ALL = "all"


def cells(sweeper: Any, given: list[str]) -> list[list[str]]:
    """The overrides of every cell of a sweep; what is given wins.

    sweeper: the `hydra.sweeper` of a suite (`CellSweeperConfig`). A workload
    is part of it by its `suite`, and has seeds of its own.
    """
    names = {word.lstrip("+").partition("=")[0] for word in given}
    suite = [f"{k}={v}" for k, v in (sweeper.get("params") or {}).items()]
    if sweeper.get("workloads_of") and "workload" not in names:
        suite.append(f"workload={','.join(workloads(sweeper.workloads_of))}")
    sweep = overrides.expand([*suite, *given])
    if not sweeper.get("own_seeds"):
        return sweep
    return [
        [*cell, *more]
        for cell in sweep
        for more in _seeds(cell, "seed" in names, "passes" in names)
    ]


def workloads(suite: str = ALL) -> list[str]:
    """Workloads of a suite, in the order of the report."""
    order = {}
    for path in (overrides.CONF / "workload").glob("*.yaml"):
        workload: Any = OmegaConf.load(path)
        if suite in (ALL, workload.suite):
            order[path.stem] = workload.report.order
    return sorted(order, key=lambda name: (order[name], name))


def _seeds(
    cell: list[str], seed_given: bool, passes_given: bool
) -> list[list[str]]:
    """The overrides of a workload's seeds, and of what they leave out."""
    chosen = dict(word.split("=", 1) for word in cell)
    path = overrides.CONF / "workload" / f"{chosen['workload']}.yaml"
    seeds: Any = OmegaConf.load(path).seeds
    quality_only = list(seeds.get("quality_only") or [])
    if seed_given:
        numbers = [chosen["seed"]]
    else:
        numbers = [str(n) for n in [*seeds.timed, *quality_only]]
    return [
        [f"seed={number}"] * (not seed_given)
        + ["passes=[quality]"]
        * (not passes_given and number in map(str, quality_only))
        for number in numbers
    ]
