"""Whether a model's sizes and a data set's prepared arrays fit each other."""

from typing import Any

import numpy as np

import impls
from benchmarks.config import phases
from benchmarks.data.batches import mapped
from benchmarks.data.makers import CUTS, epoch_steps
from benchmarks.data.splits import Description, divide, sizes
from benchmarks.errors import UserError


def check_fit(workload: dict[str, Any], description: Description) -> None:
    """Check the sizes of every phase's model against the prepared arrays.

    Raises UserError: an image of another shape would fail later, and a word
    id outside of the vocabulary would train to NaN.
    """
    for name, phase in phases.of(workload).items():
        key = f"workload.phases.{name}" if name else "workload"
        _check_phase(key, phase, description)


def _check_phase(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    model, name = workload["model"], description["name"]
    spec = impls.spec(model)(**workload["spec"])
    split = description["splits"]["train"]
    inputs = [mapped(path) for path in split["inputs"]]
    expected = [np.asarray(part).shape[1:] for part in spec.example(1).inputs]
    shapes = [array.shape[1:] for array in inputs]
    buckets, steps = workload["data"]["buckets"], workload["bptt_steps"]
    if buckets and not (split.get("times") or split.get("lengths")):
        raise UserError(
            f"{key}.data.buckets={list(buckets)}: examples of {name} have no"
            " lengths. Expected []."
        )
    if steps:
        if shapes != [()]:
            raise UserError(
                f"{key}.bptt_steps={steps}: examples of {name} are"
                f" {_words(shapes)}, expected a stream of single symbols, or"
                f" bptt_steps=null."
            )
        _check_text(key, workload, description)
        shapes = [(steps,), ()]  # tokens, and where a stream starts
    if crop := workload["crop_steps"]:
        _check_crops(key, crop, expected, shapes, workload, description)
        shapes = [(crop,)]
    if len(expected) != len(shapes) or not all(map(_fits, expected, shapes)):
        raise UserError(
            f"{key}.spec: {model} of these sizes takes {_words(expected)}, an"
            f" example of {name} is {_words(shapes)}."
        )
    _check_warmup(key, workload, description)
    targets = mapped(split["targets"])
    _check_classes(key, workload, targets, name)
    classes = workload["data"]["classes"]
    highest = [(size, inputs[n].max()) for size, n in spec.bounds().items()]
    target = len(classes) - 1 if classes else targets.max()
    for size, number in [*highest, (spec.target_bound, target)]:
        limit = getattr(spec, size, None)
        if limit is not None and limit <= number:
            raise UserError(
                f"{key}.spec.{size}={limit}: {name} has numbers up to"
                f" {number}, expected at least {number + 1}."
            )
    _check_objective(key, workload, int(target), targets, name)


def _check_objective(
    key: str,
    workload: dict[str, Any],
    highest: int,
    targets: np.ndarray,
    name: str,
) -> None:
    """Raise UserError for targets that objective and outputs do not fit.

    They would train: what is above 0 counts as 1, and a class without an
    output is NaN, or an error, depending on the framework.
    """
    objective, model = workload["objective"], workload["model"]
    if objective == "mse":  # reconstructs its input
        return
    spec = impls.spec(model)(**workload["spec"])
    outputs = spec.shapes().get("head.kernel", (None,))[-1]
    lowest = int(targets.min())
    several = f"{key}.objective=cross_entropy and a model with that many"
    if lowest < 0:
        raise UserError(f"{key}: {name} has the target {lowest}, below 0.")
    if objective == "binary_cross_entropy":
        if outputs not in (None, 1):
            raise UserError(
                f"{key}.objective=binary_cross_entropy: {model} has {outputs}"
                f" outputs, expected 1, or {key}.objective=cross_entropy."
            )
        if highest > 1:
            raise UserError(
                f"{key}.objective=binary_cross_entropy: {name} has targets up"
                f" to {highest}, expected 0 and 1, or {several} outputs."
            )
    elif outputs is not None and highest >= outputs:
        raise UserError(
            f"{key}.objective=cross_entropy: {name} has targets up to"
            f" {highest}, and {model} {outputs} outputs. Expected at least"
            f" {highest + 1} outputs; for 0 and 1 alone,"
            f" {key}.objective=binary_cross_entropy."
        )


def _check_text(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    """Raise UserError for a split with less than one window of each stream.

    Otherwise it would fail when that split is read, perhaps after training.
    """
    data, steps = workload["data"], workload["bptt_steps"]
    for part, size in sizes(divide(workload, description)).items():
        batch = "batch_size" if part == "train" else "eval_batch_size"
        count = data[batch] or data["batch_size"]
        needed = count * steps
        if part in description["splits"] and size < needed:
            raise UserError(
                f"{key}.bptt_steps={steps} {key}.data.{batch}={count}:"
                f" {description['name']} has {size:,} {part} steps, expected"
                f" at least {needed:,}, a window of each of {count} streams."
            )


def _check_crops(
    key: str,
    steps: int,
    expected: list[tuple[int, ...]],
    shapes: list[tuple[int, ...]],
    workload: dict[str, Any],
    description: Description,
) -> None:
    """Raise UserError for no text, a short one, and crops beyond a context."""
    name = description["name"]
    if shapes != [()]:
        raise UserError(
            f"{key}.crop_steps={steps}: examples of {name} are"
            f" {_words(shapes)}, expected a text of single symbols, or"
            f" crop_steps=null."
        )
    context = expected[0][0]
    if steps > context:
        raise UserError(
            f"{key}.crop_steps={steps}: {workload['model']} of these sizes"
            f" reads up to {context} symbols. Expected at most {context}."
        )
    size = sizes(divide(workload, description))["train"]
    if size < steps:
        raise UserError(
            f"{key}.crop_steps={steps}: {name} has {size:,} train steps,"
            f" expected at least {steps:,}."
        )


def _check_warmup(
    key: str, workload: dict[str, Any], description: Description
) -> None:
    """Raise UserError for a warm-up as long as the training, or longer."""
    warmup, epochs = workload["schedule"]["warmup_steps"], workload["epochs"]
    if not warmup or not epochs:
        return
    size = sizes(divide(workload, description))["train"]
    given = workload | workload["data"]
    updates = epochs * epoch_steps(size, **{key: given[key] for key in CUTS})
    if warmup >= updates:
        raise UserError(
            f"{key}.schedule.warmup_steps={warmup}: the training has"
            f" {updates:,} updates. Expected fewer, or more {key}.epochs."
        )


def _check_classes(
    key: str, workload: dict[str, Any], targets: np.ndarray, name: str
) -> None:
    """Raise UserError for missing classes, or too few examples of them."""
    classes = workload["data"]["classes"]
    per_class = workload["data"]["per_class"]
    if classes is None and per_class is None:
        return
    for number in np.unique(targets) if classes is None else classes:
        count = int(np.count_nonzero(targets == number))
        if not count:
            raise UserError(
                f"{key}.data.classes: {name} has no class {number},"
                f" expected some of 0 to {targets.max()}."
            )
        if count < (per_class or 1):
            raise UserError(
                f"{key}.data.per_class={per_class}: {name} has {count} training"
                f" examples of class {number}."
            )


def _fits(expected: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    # Recurrent models take sequences of any length
    return expected == shape or len(expected) == len(shape) == 1


def _words(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(" x ".join(map(str, s)) or "one" for s in shapes)
