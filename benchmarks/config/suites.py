"""Suites: the cells that a suite sweeps over, found by looking at conf/."""

import json
import re
from collections.abc import Iterator
from typing import Any

from omegaconf import OmegaConf

from benchmarks.config import overrides
from benchmarks.errors import UserError

# What has a name of its own: null leaves it out
ENTRY = re.compile(r"workload\.phases\.\w+(\.takes\.\w+)?")


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


def shortened(words: list[str]) -> list[str]:
    """The overrides of a cell, preceded by what its suite shortens.

    A suite that is `shortened` sets what each workload's `quick` states; what
    is given wins, for Hydra takes the last of two values. Raises UserError
    for a workload that is not called as its file.
    """
    chosen = _defaults() | dict(word.split("=", 1) for word in words)
    suite, workload = (
        OmegaConf.load(overrides.CONF / group / f"{chosen[group]}.yaml")
        for group in ("suite", "workload")
    )
    content: Any = OmegaConf.to_container(workload)
    if content.get("name") != (name := chosen["workload"]):
        raise UserError(
            f"conf/workload/{name}.yaml: its name is {content.get('name')}."
            f" Expected name: {name}, as the file is called: records and claims"
            f" go by it."
        )
    if not OmegaConf.select(suite, "hydra.sweeper.shortened"):
        return words
    return [*_words("workload", content.get("quick") or {}), *words]


def workloads(suite: str) -> list[str]:
    """Workloads of a suite, or of all, in the order of the report."""
    order = {}
    for path in (overrides.CONF / "workload").glob("*.yaml"):
        workload: Any = OmegaConf.load(path)
        if suite in ("all", workload.suite):
            order[path.stem] = workload.report.order
    return sorted(order, key=lambda name: (order[name], name))


def _defaults() -> dict[str, str]:
    """The groups of a cell where none is given: `conf/config.yaml`."""
    config: Any = OmegaConf.load(overrides.CONF / "config.yaml")
    groups: dict[str, str] = {}
    for entry in config.defaults:
        if not isinstance(entry, str):
            groups |= entry
    return groups


def _words(key: str, value: Any) -> Iterator[str]:
    """A value as overrides, one for each key within it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _words(f"{key}.{name}", part)
    elif value is None and ENTRY.fullmatch(key):
        yield f"~{key}"
    else:
        # ++: a size may be one that the workload leaves to the Spec
        yield f"++{key}={json.dumps(value)}"


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
