"""Words and numbers that a configuration may hold, and what is refused."""

import math
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from itertools import pairwise
from typing import Any

from omegaconf import DictConfig, OmegaConf

import impls
from benchmarks.config import phases
from benchmarks.data import names
from benchmarks.parity.case import facts
from impls import interface
from impls.exchange import OBJECTIVES, OPTIMISERS

PASSES = ("quality", "speed", "memory")
SCHEDULES = ("constant", "linear")
SOURCES = ("auto", "real", "generated")
WORDS = {  # of a phase
    "model": impls.MODELS,
    "objective": OBJECTIVES,
    "optimiser": OPTIMISERS,
    "schedule": SCHEDULES,
    "framework": impls.FRAMEWORKS,
}

Rule = tuple[Callable[[Any], bool], str]
COUNT: Rule = (lambda value: value >= 1, "a whole number from 1")
NATURAL: Rule = (lambda value: value >= 0, "a whole number from 0")
POSITIVE: Rule = (
    lambda value: value > 0 and math.isfinite(value),
    "a number above 0",
)
RISING: Rule = (
    lambda value: (
        min(value, default=1) >= 1
        and all(one < other for one, other in pairwise(value))
    ),
    "whole numbers from 1, each larger than the one before",
)
SHARE: Rule = (lambda value: 0 <= value < 1, "a number from 0 to below 1")
RULES = {
    "workload.batch": COUNT,
    "workload.evaluation_batch": COUNT,
    "workload.epochs": COUNT,
    "workload.rate": POSITIVE,
    "workload.beta1": SHARE,
    "workload.beta2": SHARE,
    "workload.epsilon": POSITIVE,
    "workload.clip": POSITIVE,
    "workload.buckets": RISING,
    "workload.short_buckets": RISING,
    "workload.window": COUNT,
    "workload.decode": NATURAL,
    "workload.decoded": COUNT,
    "workload.beam": COUNT,
    "workload.sample": NATURAL,
    "workload.distances": NATURAL,
    "workload.validation": SHARE,
    "workload.target": (lambda value: 0 < value <= 1, "a share up to 1"),
    "workload.margin": SHARE,
    "workload.examples": COUNT,
    "workload.tested": COUNT,
    "workload.short": COUNT,
    "workload.short_tested": COUNT,
    "workload.most_epochs": COUNT,
    "device.threads": COUNT,
    "seed": NATURAL,
    "patience_seconds": POSITIVE,
    "order_seed": NATURAL,
    "speed.warmup_steps": NATURAL,
    "speed.blocks": COUNT,
    "speed.block_seconds": POSITIVE,
}
PHASE = {  # of what a phase alone says, or says otherwise
    **{
        key.removeprefix("workload."): rule
        for key, rule in RULES.items()
        if key.startswith("workload.")
    },
    "epochs": NATURAL,
    "per_class": COUNT,
    "gradient_norms": NATURAL,
    "pictures": NATURAL,
    "classes": (
        lambda value: (
            min(value, default=-1) >= 0 and len(set(value)) == len(value)
        ),
        "different whole numbers from 0",
    ),
}


def one_of(key: str, came: Any, options: Iterable[str]) -> str:
    """The message that refuses a word, with what is possible."""
    options = list(options)
    near = get_close_matches(str(came), options, 1, 0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"{key}={came}: expected one of {', '.join(options)}{hint}."


def choices(config: DictConfig) -> list[str]:
    """Words that are not among those that are possible here."""
    workload, framework = config.workload, config.framework
    device, name = config.device.name, framework.name
    offered = [
        ("workload.model", workload.model, impls.MODELS),
        ("workload.data", workload.data, names()),
        ("workload.objective", workload.objective, OBJECTIVES),
        ("workload.optimiser", workload.optimiser, OPTIMISERS),
        ("workload.schedule", workload.schedule, SCHEDULES),
        ("framework.name", name, (*impls.FRAMEWORKS, "slide")),
        ("device.name", device, ("cpu", "cuda")),
        ("data.source", config.data.source, SOURCES),
        *(("passes", word, PASSES) for word in config.passes),
    ]
    for phase, says in workload.phases.items():
        offered += [
            (f"workload.phases.{phase}.{key}", says[key], options)
            for key, options in WORDS.items()
            if says[key] is not None
        ]
    problems = [one_of(*row) for row in offered if row[1] not in row[2]]
    if name == "slide" and workload.phases:
        problems.append(
            f"framework=slide: the book has no program with the phases of"
            f" {workload.name}. Expected one of {', '.join(impls.FRAMEWORKS)}."
        )
    uri = config.tracking.uri
    if uri is not None and "://" not in uri:
        problems.append(f"tracking.uri={uri}: expected http://host:port.")
    if not config.passes:
        problems.append(f"passes=[]: expected some of {', '.join(PASSES)}.")
    modes = ["auto", *framework.modes]
    if framework.mode not in modes:
        refused = one_of("framework.mode", framework.mode, modes)
        problems.append(f"framework={name} {refused}")
    possible = framework.precisions.get(device, [])
    if config.precision not in possible:
        refused = one_of("precision", config.precision, possible)
        problems.append(f"framework={name} device={device} {refused}")
    return problems


def out_of_range(config: DictConfig) -> list[str]:
    """Numbers that mean nothing."""
    found = [
        (key, OmegaConf.select(config, key), rule)
        for key, rule in RULES.items()
    ]
    for name, says in config.workload.phases.items():
        found += [
            (f"workload.phases.{name}.{key}", says.get(key), rule)
            for key, rule in PHASE.items()
            if key in says
        ]
    return [
        f"{key}={value}: expected {expected}."
        for key, value, (holds, expected) in found
        if value is not None and not holds(value)
    ]


def unfit(workload: dict[str, Any]) -> Iterator[str]:
    """What a complete workload asks of a model that cannot do it."""
    for name, phase in phases.of(workload).items():
        key = f"workload.phases.{name}" if name else "workload"
        spec = impls.spec(phase["model"])(**phase["spec"])
        carries = bool(interface.carried(spec))
        yield from _unread(key, phase, carries)
        yield from _unwritten(key, phase, carries)
        binary = phase["objective"] == "binary"
        if phase["distances"] and not (binary and hasattr(spec, "vocab")):
            yield (
                f"{key}.distances={phase['distances']}: expected 0, or a model"
                " that reads tokens and gives one score."
            )


def unlooped(workload: dict[str, Any]) -> Iterator[str]:
    """Phases that mode `loop` is asked for and whose model has none.

    A phase in a framework of its own takes the mode that is usual there.
    """
    for name, phase in phases.of(workload).items():
        model = phase["model"]
        where = f" of phase {name}" if name else ""
        if not phase.get("framework") and not facts(model).get("loops"):
            yield (
                f"framework.mode=loop: {model}{where} has no steps that are"
                " written out. Expected another mode, or a workload whose"
                " models all have them, such as tagging or language."
            )


def _unread(key: str, phase: dict[str, Any], carries: bool) -> Iterator[str]:
    """Ways to cut examples that do not go with a model, or each other."""
    model, window = phase["model"], phase["window"]
    if carries and not window:
        yield (
            f"{key}.window=null: {model} reads a stream, window after"
            " window. Expected the steps of one."
        )
    elif window and not carries:
        yield (
            f"{key}.window={window}: {model} carries no state"
            " from one window to the next. Expected null."
        )
    if window and phase["buckets"]:
        yield (
            f"{key}.buckets={list(phase['buckets'])}: all windows of a stream"
            " are as long. Expected []."
        )


def _unwritten(key: str, phase: dict[str, Any], carries: bool) -> Iterator[str]:
    """What a model is to write, and does not."""
    model = phase["model"]
    reference = import_module(f"impls.{model}.reference")
    for asked in ("decode", "sample"):
        if phase[asked] and not hasattr(reference, "step"):
            yield (
                f"{key}.{asked}={phase[asked]}: {model} generates"
                " nothing, it has no `step`. Expected 0."
            )
        elif phase[asked] and asked == "sample" and not carries:
            yield (
                f"{key}.sample={phase[asked]}: {model} answers what it has"
                " read. Expected 0, or a model that goes on with a text, such"
                " as language."
            )
    if phase["sentences"] and not phase["decode"]:
        yield (
            f"{key}.sentences: nothing is decoded. Expected {key}.decode"
            " above 0, or no sentence."
        )
    elif phase["sentences"] and carries:
        yield (
            f"{key}.sentences: {model} goes on with a text and translates no"
            " sentence. Expected []."
        )
