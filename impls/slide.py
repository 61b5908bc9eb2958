"""The book's own Keras programs, on any backend of Keras.

Keras' `compile`, `fit` and `evaluate` as the slides print them: its own
initial parameters, its own order of batches, its own training loop. On
TensorFlow, the book's backend, they are the baseline of all comparisons.
`KERAS_BACKEND` has to name the mode before this module is imported.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import keras
import numpy as np

from impls.interface import Setting

MODES = ("tensorflow", "torch", "jax")  # backends of Keras


class Program:
    """One slide's program: built by `impls/<model>/slide.py`.

    Raises ValueError for what the slides do not have: another precision,
    mode or optimizer.
    """

    def __init__(self, model: str, spec: Any, setting: Setting) -> None:
        printed = Setting(
            objective=setting.objective,
            mode=keras.backend.backend(),
            device=setting.device,
            seed=setting.seed,
            deterministic=setting.deterministic,
        )
        if setting != printed:
            raise ValueError(
                f"{setting}: the slide's program runs as it is printed "
                "(float32, adam with Keras' defaults, "
                f"KERAS_BACKEND={keras.backend.backend()} as its mode)"
            )
        if setting.mode == "torch":
            _set_deterministic(setting.deterministic)
        if setting.mode != "tensorflow":
            # Keras would import it to seed it, whatever the backend
            sys.modules.setdefault("tensorflow", None)
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
        `val_loss` and `val_accuracy`; `on_batch` the batch's number, when
        it may still be computed: see `wait`.
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

    def wait(self) -> None:
        """Return once the batches that `fit` has begun are computed."""
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()  # between batches `fit` holds them
        keras.ops.convert_to_numpy(self.model.trainable_variables[-1])

    def count(self) -> int:
        """Parameters of the built model."""
        return self.model.count_params()

    def versions(self) -> dict[str, str]:
        """Library -> version, of Keras and its backend."""
        backend = import_module(keras.backend.backend())
        return {
            backend.__name__: backend.__version__,
            "keras": keras.__version__,
        }


class _Report(keras.callbacks.Callback):
    """Sees a batch end where the next one begins, or the training of an epoch.

    With a callback that has `on_train_batch_end`, Keras would wait for the
    metrics of each batch instead of running ahead of the device.
    """

    def __init__(self, on_epoch: Any, on_batch: Any) -> None:
        super().__init__()
        self.on_epoch, self.on_batch = on_epoch, on_batch
        self.begun: int | None = None  # a batch whose end was not seen yet

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._end_batch()
        self.begun = batch

    def on_test_begin(self, logs: Any = None) -> None:
        self._end_batch()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._end_batch()
        if self.on_epoch:
            # Two slides name the metric `acc`.
            names = {"acc": "accuracy", "val_acc": "val_accuracy"}
            logs = {names.get(k, k): v for k, v in (logs or {}).items()}
            self.on_epoch(logs)

    def _end_batch(self) -> None:
        if self.on_batch and self.begun is not None:
            self.on_batch(self.begun)
        self.begun = None


def _set_deterministic(deterministic: bool) -> None:
    """As our own torch Runner does."""
    torch = import_module("torch")
    torch.use_deterministic_algorithms(deterministic)
    torch.utils.deterministic.fill_uninitialized_memory = False
