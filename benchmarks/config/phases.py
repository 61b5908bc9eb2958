"""Phases of a workload: what each one trains, takes over and freezes.

A phase is one training pass. A key that it leaves null has the workload's
value. One of them is the main phase: the one that is timed and gated, and
whose quality is the workload's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

import impls
from benchmarks.config.workload import Phase
from benchmarks.errors import did_you_mean, refuse
from impls.interface import Shape, trained

Plain = dict[str, Any]
CONF = Path(__file__).parents[2] / "conf" / "framework"
FEW = 3
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Keys of a workload that make its cells and are no part of a cell
PLANNING = (
    *("phases", "main", "timed"),
    *("quick", "suite", "seeds", "report"),
)


def complete(workload: Plain) -> Plain:
    """A workload whose phases lack nothing, its own keys the main phase's.

    `spec` of every phase has to be complete. Raises UserError naming what
    a phase takes, freezes or is called that cannot be.
    """
    shared = _shared(workload)
    if not workload["phases"]:
        return shared | {"takes": {}, "freeze": []}
    phases = {
        name: _filled(workload, phase)
        for name, phase in workload["phases"].items()
    }
    main = workload["main"] or list(phases)[-1]
    refuse(_misnamed(workload, phases, main))
    problems: list[str] = []
    for number, name in enumerate(phases):
        problems += _link(name, phases, earlier=list(phases)[:number])
    if len(problems) > FEW:  # one cause may show in every later phase
        more = f"... and {len(problems) - FEW} more like these."
        problems = [*problems[:FEW], more]
    refuse(problems)
    timed = [name for name in workload["timed"] if name != main]
    plan = {"phases": phases, "main": main, "timed": timed}
    return shared | phases[main] | plan


def of(workload: Plain) -> dict[str, Plain]:
    """Every phase as a workload of its own, in order; ``: the only one."""
    phases = workload.get("phases")
    if not phases:
        return {"": workload}
    shared = _shared(workload)
    return {name: shared | phase for name, phase in phases.items()}


def fastest(framework: str, model: str, device: str) -> str:
    """The mode that a framework's configuration chooses by itself."""
    modes: Any = OmegaConf.load(CONF / f"{framework}.yaml").fastest[device]
    return str(modes.get(model, modes.default))


def matching(wanted: list[str], names: Mapping[str, Any]) -> list[str]:
    """The names that are wanted by name or prefix, or by `*`, in order."""
    return [
        name
        for name in names
        if any(
            part in ("*", name) or name.startswith(f"{part}.")
            for part in wanted
        )
    ]


def shapes(phase: Plain) -> dict[str, Shape]:
    """Canonical name -> shape of the parameters of a phase's model."""
    spec = impls.spec(phase["model"])(**phase["spec"])
    return dict(spec.shapes())


def _shared(workload: Plain) -> Plain:
    """A workload's keys that its phases may take over."""
    return {k: v for k, v in workload.items() if k not in PLANNING}


def _filled(workload: Plain, phase: Plain) -> Plain:
    """A phase, every null replaced by its workload's value."""
    return {
        part.name: _inherited(phase[part.name], workload.get(part.name))
        for part in fields(Phase)
    } | {"spec": phase["spec"]}


def _inherited(value: Any, default: Any) -> Any:
    """A phase's value; of a group, key by key."""
    if not isinstance(value, dict) or not isinstance(default, dict):
        return default if value is None else value
    given = {key: part for key, part in value.items() if part is not None}
    return {**default, **given}


def _misnamed(
    workload: Plain, phases: dict[str, Plain], main: str
) -> Iterator[str]:
    """Problems of the names of phases."""
    for name in phases:
        if not NAME.fullmatch(name):
            yield (
                f"workload.phases.{name}: expected a name of small letters,"
                f" digits and _."
            )
    if main not in phases:
        yield f"workload.main={main}: {_no_phase(main, phases)}"
    for name in workload["timed"]:
        if name not in phases:
            yield f"workload.timed: {name}: {_no_phase(name, phases)}"


def _link(name: str, phases: dict[str, Plain], earlier: list[str]) -> list[str]:
    """Write out the names that a phase takes and freezes; the problems."""
    key, phase = f"workload.phases.{name}", phases[name]
    own, taken = shapes(phase), {}
    problems: list[str] = []
    for source, wanted in phase["takes"].items():
        if source in earlier:
            there = shapes(phases[source])
            taken[source] = matching(wanted, there)
            problems += _unknown(f"{key}.takes.{source}", wanted, there)
            problems += _misfit(name, phase, source, there, taken[source])
        else:
            reason = _not_earlier(name, source, phases, earlier)
            problems.append(f"{key}.takes: {source}{reason}")
    problems += _unknown(f"{key}.freeze", phase["freeze"], own)
    frozen = list(phase["freeze"])
    if phase.pop("freeze_taken"):
        frozen += chain(*taken.values())
    phase |= {"takes": taken, "freeze": matching(frozen, own)}
    left = set(trained(own)) - set(phase["freeze"])
    if phase["epochs"] and not left and not problems:
        problems.append(f"{key}.freeze: nothing is left to train.")
    return problems


def _not_earlier(
    name: str, source: str, phases: dict[str, Plain], earlier: list[str]
) -> str:
    """Why a phase cannot take parameters from a phase."""
    if source not in phases:
        return f": {_no_phase(source, phases)}"
    when = "itself" if source == name else "a later phase"
    return (
        f" is {when}: expected one of those before it:"
        f" {', '.join(earlier) or 'there is none'}."
    )


def _misfit(
    name: str,
    phase: Plain,
    source: str,
    there: dict[str, Shape],
    taken: list[str],
) -> Iterator[str]:
    """The first parameter that is taken over and does not fit."""
    own = shapes(phase)
    unfit = [n for n in taken if own.get(n) != there[n]]
    if not unfit:
        return
    more = f" ({len(unfit) - 1} more)" if unfit[1:] else ""
    first = unfit[0]
    reason = f": the {phase['model']} of {name} has no such parameter"
    if first in own:
        reason = (
            f" is {_sides(there[first])} in {source} and {_sides(own[first])}"
            f" in {name}: expected one shape"
        )
    yield f"workload.phases.{name}.takes.{source}: {first}{reason}{more}."


def _unknown(
    key: str, wanted: list[str], names: Mapping[str, Any]
) -> Iterator[str]:
    """Problems of names and prefixes that no parameter has."""
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
    for part in wanted:
        if not matching([part], names):
            yield (
                f"{key}: {part}: no parameter has this name or prefix. Expected"
                f" one of {', '.join(layers)}"
                f"{did_you_mean(part, [*names, *layers])}."
            )


def _no_phase(name: str, phases: Mapping[str, Any]) -> str:
    hint = did_you_mean(name, phases)
    return f"there is no such phase. Expected one of {', '.join(phases)}{hint}."


def _sides(shape: Shape) -> str:
    return " x ".join(map(str, shape))
