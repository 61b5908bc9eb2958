"""The book's program without Keras: a `fit` over the fake Runner."""

import numpy as np

from benchmarks.data.batches import Split, batches
from tests.support.fake.frameworks.calm import Runner


class Program:
    def __init__(self, model, spec, setting):
        self.runner = Runner(spec, setting)

    def fit(
        self, inputs, targets, epochs, batch, validation, on_epoch, on_batch
    ):
        cut = int(len(inputs) * (1 - validation))
        train = Split((inputs[:cut],), targets[:cut])
        for _ in range(epochs):
            steps = []
            chosen = batches(train, np.arange(cut), batch)
            for index, step_batch in enumerate(chosen):
                steps.append(self.runner.train_step(step_batch))
                if on_batch:
                    on_batch(index)
            loss, accuracy = np.mean(steps, axis=0)
            logs = {"loss": loss, "accuracy": accuracy}
            if validation:
                held = self.evaluate(inputs[cut:], targets[cut:], batch)
                logs |= {"val_loss": held[0], "val_accuracy": held[1]}
            if on_epoch:
                on_epoch(logs)

    def evaluate(self, inputs, targets, batch):
        whole = Split((inputs,), targets)
        batch = next(batches(whole, np.arange(len(inputs)), len(inputs)))
        return tuple(self.runner.eval_step(batch))

    def predict(self, inputs, batch):
        return inputs @ self.runner.values["head.kernel"]

    def wait(self):
        self.runner.wait()

    def versions(self):
        return self.runner.versions()
