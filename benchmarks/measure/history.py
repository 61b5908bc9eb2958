"""What a training leaves behind: its curves, and metrics from them."""

from typing import Any

import numpy as np

from benchmarks.measure.metrics import Metric, finite, metric, unknown
from benchmarks.measure.plan import Plan

POINTS = 1000  # of a curve by step: more is not seen, and slows a report
SPLITS = ("train", "validation", "test")
UNITS = {"loss": "nats", "accuracy": "fraction"}


def mean(steps: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """Mean over steps, each by its examples: (step, 2) -> (2,)."""
    return np.asarray(examples @ steps / examples.sum())


class History:
    """Filled epoch by epoch; both kinds of program leave the same."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.compile_seconds: float | None = None
        self.failure: str | None = None
        self.epochs: dict[str, list[float | None]] = {"seconds": []}
        for split in SPLITS:
            self.epochs |= {f"{split}_{name}": [] for name in UNITS}
        self.evaluation_seconds = 0.0
        self._losses: list[np.ndarray] = []

    def trained(
        self, steps: np.ndarray, examples: np.ndarray, seconds: float
    ) -> None:
        """An epoch's (step, 2) loss and accuracy, and (step,) examples."""
        losses = steps[:, 0]
        self._losses.append(losses)
        self._diverged(losses)
        self.add("train", *map(float, mean(steps, examples)))
        self.epochs["seconds"].append(seconds)

    def test_due(self, validated: bool) -> bool:
        """Whether to evaluate on the test split after this epoch.

        After the last one; and where there is no validation split, the
        time to target is read from it.
        """
        if self.failure:
            return False
        done = len(self.epochs["seconds"]) == self.plan.epochs
        return done or not (validated or self.plan.target is None)

    def evaluated(self, figures: dict[str, tuple[float, float]]) -> None:
        """Loss and accuracy by split."""
        for split, (loss, accuracy) in figures.items():
            self.add(split, loss, accuracy)

    def add(self, split: str, loss: float, accuracy: float) -> None:
        """One more point of a split's two curves."""
        self.epochs[f"{split}_loss"].append(finite(loss))
        self.epochs[f"{split}_accuracy"].append(finite(accuracy))

    def last(self) -> dict[str, float | None]:
        """The newest point of every curve that has one."""
        return {name: curve[-1] for name, curve in self.epochs.items() if curve}

    def result(self) -> dict[str, Any]:
        """Metrics, curves, phases and failure, ready for JSON."""
        seconds = self.epochs["seconds"]
        training = float(sum(s for s in seconds if s is not None))
        return {
            "metrics": {
                "training_seconds": metric(training, "seconds"),
                "time_to_target_seconds": self._time_to_target(),
                **self._finals(),
            },
            "curves": {"epoch": self.epochs, "step": self._thinned()},
            "phases": {
                "compile": self.compile_seconds,
                "training": training,
                "evaluation": self.evaluation_seconds,
            },
            "failure": self.failure,
        }

    def _diverged(self, losses: np.ndarray) -> None:
        broken = np.flatnonzero(~np.isfinite(losses))
        if broken.size:
            before = sum(len(epoch) for epoch in self._losses[:-1])
            self.failure = (
                f"diverged: the loss is {losses[broken[0]]} from step "
                f"{before + broken[0] + 1} on (epoch {len(self._losses)})"
            )

    def _finals(self) -> dict[str, Metric]:
        finals = {}
        for split in SPLITS:
            for name, unit in UNITS.items():
                curve = self.epochs[f"{split}_{name}"]
                value = curve[-1] if curve else None
                finals[f"{split}_{name}"] = (
                    metric(value, unit, over=f"one training, {split} split")
                    if value is not None and not self.failure
                    else unknown(unit, self._why(split))
                )
        return finals

    def _why(self, split: str) -> str:
        if self.failure:
            return self.failure
        if self.epochs[f"{split}_loss"]:
            return "not finite"
        return f"the workload has no {split} split"

    def _time_to_target(self) -> Metric:
        target = self.plan.target
        if target is None:
            return unknown("seconds", "the workload sets no target")
        watched = "validation" if self.epochs["validation_loss"] else "test"
        spent = 0.0
        best = None
        curve = self.epochs[f"{watched}_accuracy"]
        for seconds, accuracy in zip(
            self.epochs["seconds"], curve, strict=False
        ):
            spent += seconds or 0.0
            if accuracy is not None and accuracy >= target:
                return metric(spent, "seconds", over=f"{watched} split")
            best = max(best or 0.0, accuracy or 0.0)
        return unknown(
            "seconds",
            self.failure
            or f"target {target} not reached: best {watched} accuracy {best}",
        )

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
