"""Norms of every layer's gradient along a training (slide 4)."""

from statistics import median
from typing import Any

import numpy as np

from benchmarks.records.metric import Metric, finite, metric, unknown
from benchmarks.worker.request import Plan
from impls.interface import Batch, Runner

METRICS = ("first_gradient_norm", "last_gradient_norm", "gradient_norm_ratio")


class Norms:
    """Taken at evenly spaced steps: before the first, before the last."""

    def __init__(self, plan: Plan, steps: int) -> None:
        """steps: of one epoch."""
        steps *= plan.epochs
        points = min(plan.gradient_norms, steps)
        self.marks = {
            round(float(mark)) for mark in np.linspace(0, steps - 1, points)
        }
        self.step = 0
        self.curves: dict[str, list[Any]] = {"step": []}

    def due(self) -> bool:
        """Whether they are taken before the step that comes."""
        self.step += 1
        return self.step - 1 in self.marks

    def take(self, runner: Runner, batch: Batch) -> None:
        """Of each kernel: the Euclidean norm of the loss's gradient."""
        _, gradients = runner.gradients(batch)
        self.curves["step"].append(self.step)
        for name, gradient in gradients.items():
            layer, _, leaf = name.rpartition(".")
            if leaf == "kernel":
                norm = float(np.linalg.norm(np.float64(gradient)))
                self.curves.setdefault(layer, []).append(finite(norm))

    def into(self, result: dict[str, Any]) -> dict[str, Any]:
        """A quality result with the curves, and metrics of their ends."""
        if self.marks:
            result["curves"]["gradient"] = self.curves
            result["metrics"] |= self._metrics()
        return result

    def _metrics(self) -> dict[str, Metric]:
        """Medians over the points, of the first layer and of the last."""
        layers = [name for name in self.curves if name != "step"]
        if not layers:
            why = "the training ended before a gradient was taken"
            return {name: unknown("norm", why) for name in METRICS}
        ends = [
            [norm for norm in self.curves[layer] if norm is not None]
            for layer in (layers[0], layers[-1])
        ]
        if not all(ends):
            why = "no gradient of it is finite"
            return {name: unknown("norm", why) for name in METRICS}
        first, last = map(median, ends)
        over = f"median of {len(ends[0])} points of one training"
        ratio = (
            metric(first / last, "ratio", over=over)
            if last
            else unknown("ratio", "the last layer's gradient is zero")
        )
        return {
            "first_gradient_norm": metric(first, "norm", over=over),
            "last_gradient_norm": metric(last, "norm", over=over),
            "gradient_norm_ratio": ratio,
        }
