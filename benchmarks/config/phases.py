"""Phases of a workload: what each one trains, takes over and freezes.

A phase is one training pass. A key that it leaves null has the workload's
value. One of them is the main phase: the one that is timed and gated, and
whose quality is the workload's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

import impls
from benchmarks.config.workload import Phase, Workload
from benchmarks.errors import UserError
from impls.interface import Shape, trained

Plain = dict[str, Any]
CONF = Path(__file__).parents[2] / "conf" / "framework"
ALL = "*"  # every parameter
FEW = 3
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Keys of a workload that make its cells and are no part of one
PLANNING = (
    *("phases", "main", "timed", "max_epochs"),
    *("quick", "suite", "seeds", "report"),
)
OWN = ("takes", "freeze")  # keys of a phase that no workload has
GROUPS = tuple(
    part.name for part in fields(Workload) if is_dataclass(part.type)
)


def complete(workload: Plain) -> Plain:
    """A workload whose phases lack nothing, its own keys the main phase's.

    `spec` of every phase has to be complete. Raises UserError naming what
    a phase takes, freezes or is called that cannot be.
    """
    given = workload["phases"]
    shared = {k: v for k, v in workload.items() if k not in PLANNING}
    if not given:
        return shared | {"takes": {}, "freeze": []}
    phases = {
        name: _filled(workload, phase, workload["max_epochs"])
        for name, phase in given.items()
    }
    main = workload["main"] or list(phases)[-1]
    problems = [*_named(workload, phases, main), *_linked(phases)]
    if problems:
        raise UserError("\n".join(problems))
    for name, phase in phases.items():
        phase["takes"] = {
            earlier: matching(wanted, shapes(phases[earlier]))
            for earlier, wanted in phase["takes"].items()
        }
        problems += _shaped(name, phase, phases)
    if problems:
        raise UserError("\n".join(_few(problems)))
    for phase in phases.values():
        phase["freeze"] = _frozen(phase, phases)
        del phase["freeze_taken"]
    timed = [name for name in workload["timed"] if name != main]
    plan = {"phases": phases, "main": main, "timed": timed}
    return shared | phases[main] | plan


def of(workload: Plain) -> dict[str, Plain]:
    """Every phase as a workload of its own, in order; ``: the only one."""
    phases = workload.get("phases")
    if not phases:
        return {"": workload}
    shared = {k: v for k, v in workload.items() if k not in PLANNING}
    return {name: shared | phase for name, phase in phases.items()}


def fastest(framework: str, model: str, device: str) -> str:
    """The mode that a framework's configuration chooses by itself."""
    modes: Any = OmegaConf.load(CONF / f"{framework}.yaml").fastest[device]
    return str(modes.get(model, modes.default))


def matching(wanted: list[str], names: Mapping[str, Any]) -> list[str]:
    """The names that are wanted by name or by a prefix, in their order."""
    return [
        name for name in names if any(_covers(part, name) for part in wanted)
    ]


def shapes(phase: Plain) -> dict[str, Shape]:
    """Canonical name -> shape of the parameters of a phase's model."""
    sizes: dict[str, Shape] = impls.spec(phase["model"])(
        **phase["spec"]
    ).shapes()
    return sizes


def _filled(workload: Plain, phase: Plain, max_epochs: int | None) -> Plain:
    """A phase, every null replaced by its workload's value."""
    filled = {
        part.name: _inherited(phase[part.name], workload.get(part.name))
        for part in fields(Phase)
    } | {"spec": phase["spec"]}
    if not filled.pop("shortened"):
        return filled
    if max_epochs is not None:
        filled["epochs"] = min(filled["epochs"], max_epochs)
    limits = [
        group["train_examples"] for group in (workload["data"], phase["data"])
    ]
    if None not in limits:
        filled["data"]["train_examples"] = min(limits)
    return filled


def _inherited(value: Any, default: Any) -> Any:
    """A phase's value; of a group, key by key."""
    if not isinstance(value, dict) or not isinstance(default, dict):
        return default if value is None else value
    given = {key: part for key, part in value.items() if part is not None}
    return {**default, **given}


def _frozen(phase: Plain, phases: dict[str, Plain]) -> list[str]:
    """Names of the parameters that a phase does not train."""
    wanted = list(phase["freeze"])
    if phase["freeze_taken"]:
        for source, names in phase["takes"].items():
            wanted += matching(names, shapes(phases[source]))
    return matching(wanted, shapes(phase))


def _named(
    workload: Plain, phases: dict[str, Plain], main: str
) -> Iterator[str]:
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


def _linked(phases: dict[str, Plain]) -> Iterator[str]:
    """Problems of what phases take over and freeze, by name."""
    earlier: list[str] = []
    for name, phase in phases.items():
        key = f"workload.phases.{name}"
        problems = list(_sources(key, name, phase, phases, earlier))
        yield from problems
        if phase["measure"]["feature_maps"] and not _draws_maps(phase):
            yield (
                f"{key}.measure.feature_maps: {phase['model']} has no feature"
                f" maps for output. Expected 0, or a model that has."
            )
        own = shapes(phase)
        yield from _unknown(f"{key}.freeze", phase["freeze"], own)
        if not problems and phase["epochs"]:
            left = set(trained(own)) - set(_frozen(phase, phases))
            if not left:
                yield f"{key}.freeze: nothing is left to train."
        earlier.append(name)


def _draws_maps(phase: Plain) -> bool:
    return bool(impls.spec(phase["model"]).feature_maps)


def _sources(
    key: str,
    name: str,
    phase: Plain,
    phases: dict[str, Plain],
    earlier: list[str],
) -> Iterator[str]:
    """Problems of the phases that a phase takes parameters from."""
    for source, wanted in phase["takes"].items():
        if source not in phases:
            yield f"{key}.takes: {source}: {_no_phase(source, phases)}"
        elif source not in earlier:
            when = "itself" if source == name else "a later phase"
            yield (
                f"{key}.takes: {source} is {when}: expected one of those"
                f" before it: {', '.join(earlier) or 'there is none'}."
            )
        else:
            there = shapes(phases[source])
            yield from _unknown(f"{key}.takes.{source}", wanted, there)


def _shaped(name: str, phase: Plain, phases: dict[str, Plain]) -> Iterator[str]:
    """Parameters that are taken over and do not fit."""
    own = shapes(phase)
    for source, names in phase["takes"].items():
        there = shapes(phases[source])
        key = f"workload.phases.{name}.takes.{source}: {{}}"
        unfit = [n for n in names if own.get(n) != there[n]]
        if not unfit:
            continue
        more = f" ({len(unfit) - 1} more)" if unfit[1:] else ""
        taken = unfit[0]
        if taken not in own:
            model = phase["model"]
            yield key.format(
                f"{taken}: the {model} of {name} has no such parameter{more}."
            )
        else:
            yield key.format(
                f"{taken} is {_sides(there[taken])} in {source} and"
                f" {_sides(own[taken])} in {name}: expected one shape{more}."
            )


def _unknown(
    key: str, wanted: list[str], names: Mapping[str, Any]
) -> Iterator[str]:
    for part in wanted:
        if not any(_covers(part, name) for name in names):
            near = get_close_matches(part, [*names, *_layers(names)], 1, 0.5)
            hint = f" (did you mean {near[0]}?)" if near else ""
            yield (
                f"{key}: {part}: no parameter has this name or prefix."
                f" Expected one of {', '.join(_layers(names))}{hint}."
            )


def _covers(wanted: str, name: str) -> bool:
    return wanted in (ALL, name) or name.startswith(f"{wanted}.")


def _layers(names: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[0] for name in names))


def _no_phase(name: str, phases: Mapping[str, Any]) -> str:
    near = get_close_matches(name, phases, 1, 0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"there is no such phase. Expected one of {', '.join(phases)}{hint}."


def _few(problems: list[str]) -> list[str]:
    """The first problems: one cause may show in every later phase."""
    if len(problems) <= FEW:
        return problems
    return [*problems[:FEW], f"... and {len(problems) - FEW} more like these."]


def _sides(shape: Shape) -> str:
    return " x ".join(map(str, shape))
