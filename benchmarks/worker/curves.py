"""What a training leaves behind: its curves, and metrics from them."""

import math
from typing import Any

import numpy as np

from benchmarks.records.metric import Metric, finite, metric, unknown
from benchmarks.worker.request import Plan

POINTS = 1000  # of a curve by step: more is not seen, and slows a report
SPLITS = ("train", "validation", "test")
UNITS = {"loss": "nats", "accuracy": "fraction"}


def mean(steps: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Mean over steps, each by its valid targets: (step, 2) -> (2,)."""
    return np.asarray(targets @ steps / targets.sum())


class History:
    """Filled epoch by epoch; both kinds of program leave the same."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.failure: str | None = None
        self.phases = {"training": 0.0, "evaluation": 0.0}  # seconds
        self.seconds: list[float] = []  # of training, by epoch
        self.curves: dict[str, list[float | None]] = {
            f"{split}_{name}": [] for split in SPLITS for name in UNITS
        }
        self.fitted: tuple[float, float] | None = None  # loss, accuracy
        self.groups: dict[str, list[Any]] | None = None  # see `by_group`
        self._losses: list[np.ndarray] = []

    def trained(
        self, steps: np.ndarray, targets: np.ndarray, seconds: float
    ) -> None:
        """An epoch's (step, 2) loss and accuracy, and (step,) targets."""
        self._losses.append(steps[:, 0])
        broken = np.flatnonzero(~np.isfinite(steps[:, 0]))
        if broken.size:
            before = sum(map(len, self._losses[:-1]))
            self.failure = (
                f"diverged: the loss is {steps[broken[0], 0]} from step "
                f"{before + broken[0] + 1} on (epoch {len(self._losses)})"
            )
        loss, accuracy = mean(steps, targets)
        self.passed(float(loss), float(accuracy), seconds)

    def passed(self, loss: float, accuracy: float, seconds: float) -> None:
        """An epoch of which only the means are known."""
        self.add("train", loss, accuracy)
        self.seconds.append(seconds)
        self.phases["training"] += seconds
        if not (self.failure or math.isfinite(loss)):
            epoch = len(self.seconds)
            self.failure = f"diverged: the loss of epoch {epoch} is {loss}"

    def test_due(self, validated: bool) -> bool:
        """Whether to evaluate on the test split after this epoch.

        After the last one; where a plan watches it; and where there is no
        validation split, the time to target is read from it.
        """
        if self.failure:
            return False
        done = len(self.seconds) == self.plan.epochs
        if done or self.plan.watch:
            return True
        return not (validated or self.plan.target is None)

    def evaluated(self, figures: dict[str, tuple[float, float]]) -> None:
        """Loss and accuracy by split."""
        for split, (loss, accuracy) in figures.items():
            self.add(split, loss, accuracy)

    def add(self, split: str, loss: float, accuracy: float) -> None:
        """One more point of a split's two curves."""
        self.curves[f"{split}_loss"].append(finite(loss))
        self.curves[f"{split}_accuracy"].append(finite(accuracy))

    def last(self) -> dict[str, float | None]:
        """The newest point of every curve that has one."""
        return {name: curve[-1] for name, curve in self.curves.items() if curve}

    def result(self) -> dict[str, Any]:
        """Metrics, curves, phases and failure, ready for JSON."""
        training = metric(self.phases["training"], "seconds")
        grouped = {} if self.groups is None else {"groups": self.groups}
        return {
            "metrics": {
                "training_seconds": training,
                "time_to_target_seconds": self._time_to_target(),
                **self._finals(),
                **self._fitted(),
                **self._bits(),
                **self._grouped(),
            },
            "curves": {
                "epoch": {**self.curves, "seconds": self.seconds},
                "step": self._thinned(),
                **grouped,
            },
            "phases": self.phases,
            "failure": self.failure,
        }

    def _finals(self) -> dict[str, Metric]:
        finals = {}
        for split in SPLITS:
            for name, unit in UNITS.items():
                curve = self.curves[f"{split}_{name}"]
                value = curve[-1] if curve else None
                finals[f"{split}_{name}"] = (
                    metric(value, unit, over=f"one training, {split} split")
                    if value is not None and not self.failure
                    else unknown(unit, self._why(split, name))
                )
        return finals

    def _fitted(self) -> dict[str, Metric]:
        """On the training split after training, in evaluation mode."""
        if not self.plan.fitted:
            return {}
        values = self.fitted or (None, None)
        over = "one training, train split in evaluation mode"
        return {
            f"fitted_{name}": (
                metric(value, unit, over=over)
                if value is not None
                else unknown(unit, self._why("fitted", name))
            )
            for (name, unit), value in zip(UNITS.items(), values, strict=True)
        }

    def _bits(self) -> dict[str, Metric]:
        """The test loss of a text in bits of each token."""
        if not self.plan.window:
            return {}
        loss = self._finals()["test_loss"]
        if loss["value"] is None:
            found = unknown("bits", str(loss["reason"]))
        else:
            bits = loss["value"] / math.log(2)
            found = metric(bits, "bits", over=loss["over"])
        return {"test_bits_per_token": found}

    def _grouped(self) -> dict[str, Metric]:
        """Accuracy of the test targets of each group."""
        found = {}
        for number, name in enumerate(self.plan.groups):
            count = accuracy = None
            if self.groups is not None:
                accuracy = self.groups["accuracy"][number]
                count = self.groups["count"][number]
            over = f"{count} targets of the test split"
            found[f"test_accuracy_{name}"] = (
                unknown("fraction", self.failure or "none is in this group")
                if accuracy is None
                else metric(accuracy, "fraction", over=over)
            )
        return found

    def _why(self, split: str, name: str) -> str:
        if self.failure:
            return self.failure
        if name == "accuracy" and self.plan.objective == "reconstruction":
            return "a reconstruction is not right or wrong"
        if not self.plan.epochs and not self.curves.get(f"{split}_loss"):
            return "nothing is trained in this phase"
        if self.curves.get(f"{split}_loss"):
            return "not finite"
        return f"the workload has no {split} split"

    def _time_to_target(self) -> Metric:
        target = self.plan.target
        if target is None:
            return unknown("seconds", "the workload sets no target")
        watched = "validation" if self.curves["validation_loss"] else "test"
        seen = [a or 0.0 for a in self.curves[f"{watched}_accuracy"]]
        for epoch, accuracy in enumerate(seen, 1):
            if accuracy >= target:
                spent = sum(self.seconds[:epoch])
                return metric(spent, "seconds", over=f"{watched} split")
        missed = f"target {target} not reached: best {watched} accuracy "
        best = max(seen, default=None)
        return unknown("seconds", self.failure or f"{missed}{best}")

    def _thinned(self) -> dict[str, list[Any]]:
        if not self._losses:
            return {"step": [], "train_loss": []}
        losses = np.concatenate(self._losses)
        every = -(-len(losses) // POINTS)
        chosen = np.arange(len(losses) - 1, -1, -every)[::-1]  # the last, too
        return {
            "step": [int(step) + 1 for step in chosen],
            "train_loss": [finite(float(losses[step])) for step in chosen],
        }
