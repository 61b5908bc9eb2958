"""Norms of every layer's gradient along a training (slide 4)."""

from statistics import median
from typing import Any

import numpy as np

from benchmarks.records.metric import Metric, finite, metric_or, unknown
from benchmarks.worker.request import Request
from impls.interface import Batch, Runner

METRICS = ("first_gradient_norm", "last_gradient_norm", "gradient_norm_ratio")


class Norms:
    """Norms at evenly spaced steps, the first and the last among them."""

    def __init__(self, request: Request, steps: int) -> None:
        """steps: of one epoch."""
        steps *= request.epochs
        points = min(request.gradient_norms, steps)
        self.marks = {
            round(float(mark)) for mark in np.linspace(0, steps - 1, points)
        }
        self.step = 0
        self.curves: dict[str, list[Any]] = {"step": []}

    def due(self) -> bool:
        """Whether they are taken before the next step; call once a step."""
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

    def add_to(self, result: dict[str, Any]) -> dict[str, Any]:
        """A quality result with the curves, and metrics of them."""
        if self.marks:
            result["curves"]["gradient"] = self.curves
            result["metrics"] |= self._metrics()
        return result

    def _metrics(self) -> dict[str, Metric]:
        """Medians over the points, of the first layer and of the last."""
        layers = [name for name in self.curves if name != "step"]
        ends = [
            [norm for norm in self.curves[layer] if norm is not None]
            for layer in (*layers[:1], *layers[-1:])
        ]
        if not all(ends) or not ends:
            reason = (
                "no gradient of it is finite"
                if layers
                else "the training ended before a gradient was taken"
            )
            return {name: unknown("norm", reason) for name in METRICS}
        first, last = map(median, ends)
        over = f"median of {len(ends[0])} points of one training"
        no_ratio = "the last layer's gradient is zero"
        units = ("norm", "norm", "ratio")
        values = (first, last, first / last if last else None)
        return {
            name: metric_or(no_ratio, value, unit, over)
            for name, value, unit in zip(METRICS, values, units, strict=True)
        }
