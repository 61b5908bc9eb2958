"""The book's own Keras programs, the baseline of all comparisons.

Keras' `compile`, `fit` and `evaluate` as the slides print them: its own
initial parameters, its own order of batches, its own training loop.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from impls.interface import Setting

MODES = ("fit",)


class Program:
    """One slide's program: built by `impls/<model>/slide.py`.

    Raises ValueError for what the slides do not have: another precision,
    mode or optimizer.
    """

    def __init__(self, model: str, spec: Any, setting: Setting) -> None:
        printed = Setting(
            objective=setting.objective,
            mode="fit",
            device=setting.device,
            seed=setting.seed,
            deterministic=setting.deterministic,
        )
        if setting != printed:
            raise ValueError(
                f"{setting}: the slide's program runs as it is printed "
                "(float32, adam with Keras' defaults, mode=fit)"
            )
        keras.utils.set_random_seed(setting.seed)
        self.model = import_module(f"impls.{model}.slide").program(spec)

    def fit(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        epochs: int,
        batch: int,
        validation: float = 0.0,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        """Train as on the slide; `validation` is its `validation_split`.

        `on_epoch` is given `loss`, `accuracy` and, with a validation,
        `val_loss` and `val_accuracy`; `on_batch` the batch's number.
        """
        self.model.fit(
            inputs,
            targets,
            epochs=epochs,
            batch_size=batch,
            validation_split=validation,
            callbacks=[_Report(on_epoch, on_batch)],
        )

    def evaluate(
        self, inputs: np.ndarray, targets: np.ndarray, batch: int = 32
    ) -> tuple[float, float]:
        """Loss and accuracy over all examples."""
        loss, accuracy = self.model.evaluate(inputs, targets, batch)
        return float(loss), float(accuracy)

    def predict(self, inputs: np.ndarray, batch: int = 32) -> np.ndarray:
        """Probabilities: (example, class) or (example, 1)."""
        return self.model.predict(inputs, batch)

    def count(self) -> int:
        """Parameters of the built model."""
        return self.model.count_params()

    def versions(self) -> dict[str, str]:
        """Library -> version."""
        return {"tensorflow": tf.__version__, "keras": keras.__version__}


class _Report(keras.callbacks.Callback):
    def __init__(self, on_epoch: Any, on_batch: Any) -> None:
        super().__init__()
        self.on_epoch, self.on_batch = on_epoch, on_batch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.on_epoch:
            # Two slides name the metric `acc`.
            names = {"acc": "accuracy", "val_acc": "val_accuracy"}
            logs = {names.get(k, k): v for k, v in (logs or {}).items()}
            self.on_epoch(logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.on_batch:
            self.on_batch(batch)
