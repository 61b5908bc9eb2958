"""The curves of a training, and the metrics of the quality pass."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.records.metric import (
    Metric,
    finite,
    metric,
    metric_or,
    unknown,
)
from benchmarks.worker.request import Request
from impls.interface import Params

LARGEST = 1e6  # loss of a training that has not diverged
POINTS = 1000  # of a curve by step: a report draws no more
SPLITS = ("train", "validation", "test")
UNITS = {"loss": "nats", "accuracy": "fraction"}


def mean(steps: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Mean over steps, each weighted by its targets: (step, 2) -> (2,)."""
    return np.asarray(targets @ steps / targets.sum())


class Curves:
    """Loss and accuracy, filled epoch by epoch."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.failure: str | None = None
        self.timings = {"training": 0.0, "evaluation": 0.0}  # seconds
        self.seconds: list[float] = []  # of training, by epoch
        self.curves: dict[str, list[float | None]] = {
            f"{split}_{name}": [] for split in SPLITS for name in UNITS
        }
        self.train_split: tuple[float, float] | None = None  # loss, accuracy
        self.groups: dict[str, list[Any]] | None = None  # see `by_group`
        self.control: dict[str, list[Any]] | None = None  # of that split
        self._losses: list[np.ndarray] = []

    def add_steps(
        self, steps: np.ndarray, targets: np.ndarray, seconds: float
    ) -> None:
        """Add an epoch: (step, 2) loss and accuracy, (step,) targets."""
        self._losses.append(steps[:, 0])
        broken = np.flatnonzero(~np.isfinite(steps[:, 0]))
        if broken.size:
            before = sum(map(len, self._losses[:-1]))
            self.failure = (
                f"diverged: the loss is {steps[broken[0], 0]} from step "
                f"{before + broken[0] + 1} on (epoch {len(self._losses)})"
            )
        loss, accuracy = mean(steps, targets)
        self.add_epoch(float(loss), float(accuracy), seconds)

    def add_epoch(self, loss: float, accuracy: float, seconds: float) -> None:
        """Add the means of an epoch of training."""
        self.seconds.append(seconds)
        self.timings["training"] += seconds
        self.add("train", loss, accuracy)

    def test_due(self, validated: bool) -> bool:
        """Whether to evaluate on the test split after this epoch.

        After the last epoch; after each if the request asks for it, and for
        the time to target of a workload without a validation split.
        """
        if self.failure:
            return False
        done = len(self.seconds) == self.request.epochs
        if done or self.request.test_every_epoch:
            return True
        return not (validated or self.request.target_accuracy is None)

    def add(self, split: str, loss: float, accuracy: float) -> None:
        """Add a point to both curves of a split; sets `failure` by its loss.

        A layer may drop NaN, so that the loss of broken parameters is large
        in one framework and NaN in another.
        """
        if not (self.failure or abs(loss) < LARGEST):
            name = "loss" if split == "train" else f"{split} loss"
            epoch = len(self.seconds)
            self.failure = f"diverged: the {name} of epoch {epoch} is {loss:g}"
        self.curves[f"{split}_loss"].append(finite(loss))
        self.curves[f"{split}_accuracy"].append(finite(accuracy))

    def check(self, params: Params) -> None:
        """Set `failure` where a trained parameter is not finite."""
        for name, values in params.items():
            if not (self.failure or np.isfinite(values).all()):
                self.failure = (
                    f"diverged: {name} is not finite after the training"
                )

    def last(self) -> dict[str, float | None]:
        """The newest point of every curve that has one."""
        return {name: curve[-1] for name, curve in self.curves.items() if curve}

    def result(self) -> dict[str, Any]:
        """Metrics, curves, timings and failure, ready for JSON."""
        by_group = {"groups": self.groups, "control": self.control}
        return {
            "metrics": self._metrics(),
            "curves": {
                "epoch": {**self.curves, "seconds": self.seconds},
                "step": self._by_step(),
                **{k: own for k, own in by_group.items() if own is not None},
            },
            "timings": self.timings,
            "failure": self.failure,
        }

    def _metrics(self) -> dict[str, Metric]:
        request = self.request
        metrics = {
            "training_seconds": metric(self.timings["training"], "seconds"),
            "time_to_target_seconds": self._time_to_target(),
        }
        last = {} if self.failure else self.last()
        for split in SPLITS:
            ends = [last.get(f"{split}_{name}") for name in UNITS]
            metrics |= self._of_split(split, ends, f"{split} split")
        if request.train_accuracy:
            values = self.train_split or (None, None)
            over = "train split in evaluation mode"
            metrics |= self._of_split("fitted", values, over)
        if request.bptt_steps or request.crop_steps:
            metrics["test_bits_per_token"] = _bits(metrics["test_loss"])
        return metrics | self._by_group()

    def _of_split(
        self, split: str, values: Sequence[float | None], over: str
    ) -> dict[str, Metric]:
        """Loss and accuracy after the training."""
        return {
            f"{split}_{name}": metric_or(
                self._reason(split, name), value, unit, f"one training, {over}"
            )
            for (name, unit), value in zip(UNITS.items(), values, strict=True)
        }

    def _by_group(self) -> dict[str, Metric]:
        """Accuracy of the test targets of each group, and of the control's."""
        measured = {"test": self.groups}
        if self.control is not None:
            measured["control"] = self.control
        metrics = {}
        for split, groups in measured.items():
            for number, name in enumerate(self.request.groups):
                count = accuracy = None
                if groups is not None:
                    accuracy = groups["accuracy"][number]
                    count = groups["count"][number]
                metrics[f"{split}_accuracy_{name}"] = metric_or(
                    self.failure or "no target is in this group",
                    accuracy,
                    "fraction",
                    f"{count} targets of the {split} split",
                )
        return metrics

    def _reason(self, split: str, name: str) -> str:
        """Why a metric has no value."""
        if self.failure:
            return self.failure
        if name == "accuracy" and self.request.objective == "mse":
            return "a reconstruction has no accuracy"
        if not self.request.epochs and not self.curves.get(f"{split}_loss"):
            return "nothing is trained in this phase"
        if self.curves.get(f"{split}_loss"):
            return "not finite"
        return f"the workload has no {split} split"

    def _time_to_target(self) -> Metric:
        target = self.request.target_accuracy
        if target is None:
            return unknown("seconds", "the workload sets no target")
        split = "validation" if self.curves["validation_loss"] else "test"
        accuracies = [a or 0.0 for a in self.curves[f"{split}_accuracy"]]
        for epoch, accuracy in enumerate(accuracies, 1):
            if accuracy >= target:
                seconds = sum(self.seconds[:epoch])
                return metric(seconds, "seconds", over=f"{split} split")
        best = max(accuracies, default=None)
        missed = f"target {target} not reached: best {split} accuracy {best}"
        return unknown("seconds", self.failure or missed)

    def _by_step(self) -> dict[str, list[Any]]:
        """The training loss by step, thinned out to POINTS."""
        if not self._losses:
            return {"step": [], "train_loss": []}
        losses = np.concatenate(self._losses)
        stride = -(-len(losses) // POINTS)
        # From the end: the last step is always a point
        chosen = np.arange(len(losses) - 1, -1, -stride)[::-1]
        return {
            "step": [int(step) + 1 for step in chosen],
            "train_loss": [finite(float(losses[step])) for step in chosen],
        }


def _bits(loss: Metric) -> Metric:
    """The loss of a text in bits per token."""
    nats = loss["value"]
    bits = None if nats is None else nats / math.log(2)
    return metric_or(str(loss["reason"]), bits, "bits", loss["over"])
