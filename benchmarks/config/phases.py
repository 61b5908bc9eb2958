"""Phases of a workload: what each one trains, takes over and freezes.

A phase is one training pass. What it does not say holds as its workload
says it. One of them is the main phase: the one that is timed and gated, and
whose quality is the workload's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

import impls
from benchmarks.errors import UserError
from impls.interface import Shape, trained

Workload = dict[str, Any]
CONF = Path(__file__).parents[2] / "conf" / "framework"
MAPPED = "filters"  # the model whose scores are feature maps
ALL = "*"  # every parameter
FEW = 3
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass
class Phase:
    """One training pass; null: as the workload says."""

    model: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)  # on the workload's
    objective: str | None = None
    optimiser: str | None = None
    rate: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    epsilon: float | None = None
    batch: int | None = None  # examples
    epochs: int | None = None  # 0: nothing is trained
    examples: int | None = None  # of the training split: the first so many
    clip: float | None = None  # longest gradient
    schedule: str | None = None  # of the rate: constant | linear
    buckets: list[int] | None = None  # steps that batches are cut to
    window: int | None = None  # steps of a stream between two updates
    decode: int | None = None  # most tokens of a translation; 0: none
    decoded: int | None = None  # test examples that are decoded
    beam: int | None = None  # hypotheses kept; 1: greedy
    sample: int | None = None  # tokens drawn for the report
    sentences: list[str] | None = None  # translated for the report
    distances: int | None = None  # examples with gradients by input
    classes: list[int] | None = None  # these only, labelled 0, 1, ...
    per_class: int | None = None  # training examples of each, drawn
    # Earlier phase -> parameters, or prefixes of their names; `*`: all
    takes: dict[str, list[str]] = field(default_factory=dict)
    freeze: list[str] = field(default_factory=list)  # names or prefixes
    framework: str | None = None  # that runs this phase
    gradient_norms: int = 0  # points at which they are recorded
    watch: bool = False  # evaluate on the test split after every epoch
    fitted: bool = False  # evaluate on the training split in the end
    pictures: int = 0  # test images whose scores are kept
    shortened: bool = True  # false: asked for by name, no suite cuts it


OWN = tuple(part.name for part in fields(Phase))
# Keys that came later, and what they say where they say nothing: then they
# are left out of a cell, so that others are what they were before these came
SILENT: dict[str, Any] = {
    "clip": None,
    "schedule": "constant",
    "buckets": [],
    "window": None,
    "decode": 0,
    "decoded": None,
    "beam": 1,
    "sample": 0,
    "sentences": [],
    "distances": 0,
    "tested": None,
}


def complete(workload: Workload) -> Workload:
    """A workload whose phases say everything, its own keys the main one's.

    `spec` of every phase has to be complete. Raises UserError naming what
    a phase takes, freezes or is called that cannot be.
    """
    given = workload["phases"]
    rest = {k: v for k, v in workload.items() if k not in PLANNING}
    if not given:
        return rest
    every = {
        name: _filled(rest, phase, workload["most_epochs"])
        for name, phase in given.items()
    }
    main = workload["main"] or list(every)[-1]
    problems = [*_named(workload, every, main), *_linked(every)]
    if problems:
        raise UserError("\n".join(problems))
    for name, phase in every.items():
        phase["freeze"] = matching(phase["freeze"], shapes(phase))
        phase["takes"] = {
            earlier: matching(wanted, shapes(every[earlier]))
            for earlier, wanted in phase["takes"].items()
        }
        problems += _shaped(name, phase, every)
    if problems:
        raise UserError("\n".join(_few(problems)))
    timed = [name for name in workload["timed"] if name != main]
    return rest | every[main] | {"phases": every, "main": main, "timed": timed}


def quiet(workload: Workload) -> Workload:
    """A workload, and its phases, without the keys that say nothing."""
    kept = {k: v for k, v in workload.items() if SILENT.get(k, ...) != v}
    if not kept.get("decode"):
        kept.pop("decoded", None)
    if "phases" in kept:
        every = kept["phases"].items()
        kept["phases"] = {name: quiet(phase) for name, phase in every}
    return kept


# Keys of a workload that say how its phases come about
PLANNING = (
    "phases",
    "main",
    "timed",
    "short",
    "short_tested",
    "short_buckets",
    "most_epochs",
)


def of(workload: Workload) -> dict[str, Workload]:
    """Every phase as a workload of its own, in order; ``: the only one."""
    every = workload.get("phases")
    if not every:
        return {"": workload}
    shared = {k: v for k, v in workload.items() if k not in PLANNING}
    return {name: shared | phase for name, phase in every.items()}


def fastest(framework: str, model: str, device: str) -> str:
    """The mode that a framework's configuration takes by itself."""
    path = CONF / f"{framework}.yaml"
    known: Any = OmegaConf.load(path).fastest[device]
    return str(known.get(model, known.default))


def matching(wanted: list[str], names: Mapping[str, Any]) -> list[str]:
    """The names that are wanted by name or by a prefix, in their order."""
    return [name for name in names if any(_is(one, name) for one in wanted)]


def shapes(phase: Workload) -> dict[str, Shape]:
    """Canonical name -> shape of the parameters of a phase's model."""
    found: dict[str, Shape] = impls.spec(phase["model"])(
        **phase["spec"]
    ).shapes()
    return found


def _filled(workload: Workload, phase: Workload, most: int | None) -> Workload:
    """A phase, what it does not say taken from its workload."""
    filled: Workload = {
        name: workload.get(name) if phase[name] is None else phase[name]
        for name in OWN
    }
    if not filled.pop("shortened"):
        return filled
    if most is not None:
        filled["epochs"] = min(filled["epochs"], most)
    if workload["examples"] is not None and phase["examples"] is not None:
        filled["examples"] = min(workload["examples"], phase["examples"])
    return filled


def _named(
    workload: Workload, every: dict[str, Workload], main: str
) -> Iterator[str]:
    for name in every:
        if not NAME.fullmatch(name):
            yield (
                f"workload.phases.{name}: expected a name of small letters,"
                f" digits and _."
            )
    if main not in every:
        yield f"workload.main={main}: {_known(main, every)}"
    for name in workload["timed"]:
        if name not in every:
            yield f"workload.timed: {name}: {_known(name, every)}"


def _linked(every: dict[str, Workload]) -> Iterator[str]:
    """What takes from a phase that is not there, or not yet."""
    earlier: list[str] = []
    for name, phase in every.items():
        key = f"workload.phases.{name}"
        for source, wanted in phase["takes"].items():
            if source not in every:
                yield f"{key}.takes: {source}: {_known(source, every)}"
            elif source not in earlier:
                when = "itself" if source == name else "a later phase"
                yield (
                    f"{key}.takes: {source} is {when}: expected one of those"
                    f" before it: {', '.join(earlier) or 'there is none'}."
                )
            else:
                there = shapes(every[source])
                yield from _unknown(f"{key}.takes.{source}", wanted, there)
        if phase["pictures"] and phase["model"] != MAPPED:
            yield (
                f"{key}.pictures: the scores of {phase['model']} are no"
                f" pictures, expected the model {MAPPED}."
            )
        own = shapes(phase)
        yield from _unknown(f"{key}.freeze", phase["freeze"], own)
        left = set(trained(own)) - set(matching(phase["freeze"], own))
        if phase["epochs"] and not left:
            yield f"{key}.freeze: nothing is left to train."
        earlier.append(name)


def _shaped(
    name: str, phase: Workload, every: dict[str, Workload]
) -> Iterator[str]:
    """What is taken over and does not fit."""
    own = shapes(phase)
    for source, names in phase["takes"].items():
        there = shapes(every[source])
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
    for one in wanted:
        if not any(_is(one, name) for name in names):
            near = get_close_matches(one, [*names, *_layers(names)], 1, 0.5)
            hint = f" (did you mean {near[0]}?)" if near else ""
            yield (
                f"{key}: {one}: no parameter is called so, or begins so:"
                f" {', '.join(_layers(names))}{hint}."
            )


def _is(wanted: str, name: str) -> bool:
    return wanted in (ALL, name) or name.startswith(f"{wanted}.")


def _layers(names: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[0] for name in names))


def _known(came: str, every: Mapping[str, Any]) -> str:
    near = get_close_matches(came, every, 1, 0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"there is no such phase; expected one of {', '.join(every)}{hint}."


def _few(problems: list[str]) -> list[str]:
    """The first ones: one cause may show in every later phase."""
    if len(problems) <= FEW:
        return problems
    return [*problems[:FEW], f"... and {len(problems) - FEW} more like these."]


def _sides(shape: Shape) -> str:
    return " x ".join(map(str, shape))
