"""A small cell, and data of noise that it can be trained on."""

import impls
from benchmarks.config.compose import compose
from benchmarks.worker import arrays

TIME = 8  # TensorFlow and Keras unroll recurrent layers
SMALL = (
    f"workload.spec.time={TIME}",
    *("workload.data.batch_size=8", "workload.data.validation=0.2"),
    "workload.epochs=2",
    *("speed.warmup_steps=2", "speed.blocks=6", "speed.block_seconds=0.02"),
)


def cell(framework, *more):
    return compose("workload=rnn", f"framework={framework}", *SMALL, *more)[0]


def noise(folder):
    """A data description of 60 examples, the same for both splits."""
    paths = arrays.save_batch(folder, impls.spec("rnn")(time=TIME).example(60))
    part = {"inputs": [paths["inputs.0"]], "targets": paths["targets"]}
    part["size"] = 60
    return {"name": "noise", "splits": {"train": part, "test": part}}
