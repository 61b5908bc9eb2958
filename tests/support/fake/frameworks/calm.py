"""A Runner in plain NumPy, which misbehaves on demand."""

import ctypes
import os
import signal
import time

import numpy as np


def burn(seconds):
    """Keep a processor busy, as a long computation does."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class Runner:
    """Softmax regression by gradient descent.

    Modes: eager; compiled (counts one program per shape); restless (and
    one more for every step); hang, burn, seize, exit, abort, kill, raise,
    memory (what a train step does); diverge (loss is NaN from step 3).
    """

    def __init__(self, spec, setting):
        self.spec = spec
        self.setting = setting
        self.values = {n: np.zeros(s) for n, s in spec.shapes().items()}
        self.shapes = set()
        self.steps = 0

    def load(self, params):
        if set(params) != set(self.values):
            raise ValueError(f"parameters {sorted(params)}")
        self.values = {name: array.copy() for name, array in params.items()}

    def params(self):
        return self.values

    def place(self, batch):
        return batch

    def logits(self, batch):
        self._seen("logits", batch)
        kernel, bias = self.values["head.kernel"], self.values["head.bias"]
        return batch.inputs[0] @ kernel + bias

    def gradients(self, batch):
        logits = self.logits(batch)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        rows = np.arange(len(odds))
        share = batch.weights / batch.weights.sum(dtype=float)
        loss = -(share * np.log(odds[rows, batch.targets])).sum()
        odds[rows, batch.targets] -= 1
        odds *= share[:, None]
        kernel = batch.inputs[0].T @ odds
        return loss, {"head.kernel": kernel, "head.bias": odds.sum(axis=0)}

    def train_step(self, batch):
        self.steps += 1
        self._misbehave()
        step = self.eval_step(batch)
        _, gradients = self.gradients(batch)
        self._seen("train", batch)
        for name, gradient in gradients.items():
            self.values[name] -= self.setting.learning_rate * gradient
        if self.setting.mode == "diverge" and self.steps > 2:
            step[0] = np.nan
        return step

    def eval_step(self, batch):
        loss, _ = self.gradients(batch)
        hit = self.logits(batch).argmax(axis=1) == batch.targets
        accuracy = np.average(hit, weights=batch.weights)
        return np.array([loss, accuracy])

    def fetch(self, steps):
        return np.stack(steps)

    def compile(self, batch):
        self._seen("train", batch)

    def compilations(self):
        if self.setting.mode == "restless":
            return len(self.shapes) + self.steps
        return len(self.shapes) if self.setting.mode == "compiled" else None

    def freeze(self, names):
        pass

    def memory(self):
        return {
            "peak_bytes": None,
            "reserved_bytes": 4096,
            "reason": "NumPy does not tell",
        }

    def static_bytes(self):
        return {"static_bytes": None, "reason": "NumPy compiles nothing"}

    def matmul(self, size):
        square = np.ones((8, 8))  # of any size: tests do not wait for it
        return lambda: square @ square

    def versions(self):
        threads = os.environ.get("OMP_NUM_THREADS", "as many as it likes")
        return {"numpy": np.__version__, "threads": threads}

    def wait(self):
        pass

    def _seen(self, what, batch):
        self.shapes.add((what, batch.inputs[0].shape))

    def _misbehave(self):
        actions = {
            "hang": lambda: time.sleep(600),
            "burn": lambda: burn(600),
            # With the interpreter's lock: no other thread can do anything
            "seize": lambda: ctypes.PyDLL(None).sleep(600),
            "exit": lambda: os._exit(3),
            "abort": os.abort,
            "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "raise": lambda: [][1],
            "memory": lambda: np.ones(2**50),
        }
        if self.setting.mode in actions:
            print(f"about to {self.setting.mode}")
            actions[self.setting.mode]()
