"""The schema of a workload and its phases."""

from dataclasses import dataclass
from typing import Any

import impls
from benchmarks.config.fields import group, key, optional
from benchmarks.config.rules import (
    ACCURACY,
    CLASSES,
    COUNT,
    NAME,
    NATURAL,
    NOT_NEGATIVE,
    POSITIVE,
    RISING,
    SEEDS,
    SHARE,
)
from benchmarks.data.pipeline import names
from impls.exchange import OBJECTIVES, OPTIMIZERS

SCHEDULES = ("constant", "cosine", "linear")


@dataclass
class Examples:
    """What of a data set is used, in batches of which size."""

    name: str = key(
        "data set: a module of benchmarks/data/sets", choices=names()
    )
    batch_size: int = key("examples of a training step", rule=COUNT)
    eval_batch_size: int | None = key(
        "examples of an evaluation step; null: batch_size", None, COUNT
    )
    train_examples: int | None = key(
        "training examples: the first so many; null: all", None, COUNT
    )
    test_examples: int | None = key(
        "examples of the validation and the test split; null: all", None, COUNT
    )
    validation: float = key(
        "share held out: the last part of the training split", 0.0, SHARE
    )
    buckets: list[int] = key(
        "lengths that batches are cut or padded to; []: one length", [], RISING
    )
    classes: list[int] | None = key(
        "classes kept, relabelled 0, 1, ...; null: all", None, CLASSES
    )
    crops: int | None = key(
        "crops drawn in an epoch; null: as many as the text has", None, COUNT
    )
    per_class: int | None = key(
        "training examples per class, drawn by the seed; null: all", None, COUNT
    )


@dataclass
class Optimizer:
    """How parameters are updated."""

    name: str = key("adam, adamw or sgd", "adam", choices=OPTIMIZERS)
    learning_rate: float = key("step size", 1e-3, POSITIVE)
    beta1: float = key("Adam: decay of the first moment", 0.9, SHARE)
    beta2: float = key("Adam: decay of the second moment", 0.999, SHARE)
    epsilon: float = key(
        "Adam: added to the denominator after bias correction", 1e-7, POSITIVE
    )
    weight_decay: float = key(
        "adamw: share of kernels and embeddings, times the learning rate, that"
        " an update takes off (Loshchilov 2019)",
        0.0,
        NOT_NEGATIVE,
    )
    max_grad_norm: float | None = key(
        "gradients are scaled down to this L2 norm (Pascanu 2013); null: never",
        None,
        POSITIVE,
    )


@dataclass
class Schedule:
    """How the learning rate changes during training."""

    name: str = key(
        "after the warm-up: constant, or decay to final_share, linearly or as"
        " half a cosine",
        "constant",
        choices=SCHEDULES,
    )
    warmup_steps: int = key(
        "updates over which the learning rate rises linearly", 0, NATURAL
    )
    final_share: float = key(
        "share of the learning rate at the end of a decay", 0.0, SHARE
    )


@dataclass
class Decoding:
    """What is generated from a trained model, and how."""

    max_new_tokens: int = key(
        "longest generated sequence; 0: nothing is generated", 0, NATURAL
    )
    beam_width: int = key("hypotheses kept; 1: greedy", 1, COUNT)
    test_examples: int | None = key(
        "test examples that are decoded; null: all", None, COUNT
    )
    sample_tokens: int = key("tokens sampled for the report", 0, NATURAL)
    sentences: list[str] = key("sentences translated for the report", [])


@dataclass
class Measurements:
    """What is measured beside loss, accuracy, speed and memory."""

    gradient_norms: int = key(
        "points at which the norm of every gradient is recorded", 0, NATURAL
    )
    input_gradients: int = key(
        "test examples whose gradient by each input is taken", 0, NATURAL
    )
    test_every_epoch: bool = key("evaluate on the test split each epoch", False)
    train_accuracy: bool = key(
        "evaluate on the training split after training", False
    )
    attention_parts: int = key(
        "symbols of a test example whose self-attention is kept in parts",
        0,
        NATURAL,
    )
    feature_maps: int = key(
        "test images whose feature maps are kept", 0, NATURAL
    )


@dataclass
class Report:
    """Where and how a workload stands in the report; changes no number."""

    title: str = key("heading of the workload's section")
    slides: str = key("slides that it reproduces; empty: none")
    order: int = key("place in the report, in ascending order", rule=NATURAL)
    bounds: dict[str, float] = key("constants of the workload's claim", {})


@dataclass
class Seeds:
    """Which seeds a suite runs a workload with."""

    timed: list[int] = key("seeds with all passes", [0, 1, 2], SEEDS)
    quality_only: list[int] = key(
        "seeds that are trained and not timed", [], SEEDS
    )


@dataclass
class Training:
    """What a workload sets, and each of its phases may set otherwise."""

    model: str = key("a folder of impls/", choices=impls.MODELS)
    objective: str = key("training objective", choices=OBJECTIVES)
    label_smoothing: float = key(
        "cross_entropy, in training alone: share of each label that is spread"
        " over all classes (Szegedy 2016)",
        0.0,
        SHARE,
    )
    bptt_steps: int | None = key(
        "time steps of a stream between two updates: truncated"
        " back-propagation; null: the data are no stream",
        None,
        COUNT,
    )
    crop_steps: int | None = key(
        "time steps of the crops that are drawn from a text; null: none are",
        None,
        COUNT,
    )
    data: Examples = group(Examples, "data set and batches")
    optimizer: Optimizer = group(Optimizer, "optimizer")
    schedule: Schedule = group(Schedule, "learning-rate schedule")
    decoding: Decoding = group(Decoding, "generation")
    measure: Measurements = group(Measurements, "further measurements")


ONE_FOR_ALL = ("data.name", "data.validation", "data.test_examples")
PhaseTraining: Any = optional(Training, without=ONE_FOR_ALL)


@dataclass
class Phase(PhaseTraining):
    """One training pass of a workload; null: as the workload has it."""

    spec: dict[str, Any] = key("sizes that differ from the workload's", {})
    epochs: int | None = key(
        "passes over the training examples; 0: no training", None, NATURAL
    )
    takes: dict[str, list[str]] = key(
        "earlier phase -> parameters taken over, by name or prefix; '*': all",
        {},
    )
    freeze: list[str] = key("parameters not trained, by name or prefix", [])
    freeze_taken: bool = key("freeze all parameters taken over", False)
    framework: str | None = key(
        "framework of this phase alone; null: the cell's",
        None,
        choices=impls.FRAMEWORKS,
    )


@dataclass
class Workload(Training):
    """What is trained on what, how, and to which accuracy."""

    name: str = key("name of its file in conf/workload/", rule=NAME)
    spec: dict[str, Any] = key("sizes that differ from the Spec's", {})
    epochs: int = key("passes over the training examples", rule=COUNT)
    target_accuracy: float | None = key(
        "accuracy whose first epoch gives the time to target", None, ACCURACY
    )
    margin: float = key(
        "accuracies that differ by less are equivalent", rule=SHARE
    )
    phases: dict[str, Phase] = key("training phases; {}: one", {})
    main: str | None = key(
        "the phase that is timed and gated; null: the last", None
    )
    timed: list[str] = key("phases timed beside the main one", [])
    quick: dict[str, Any] = key(
        "what the suite `quick` sets otherwise: keys of the workload; null"
        " leaves a phase out",
        {},
    )
    suite: str = key("suite that runs it with its seeds: a file of conf/suite/")
    seeds: Seeds = group(Seeds, "seeds of a suite")
    report: Report = group(Report, "place in the report")
