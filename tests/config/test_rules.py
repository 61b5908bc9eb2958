"""Settings of sequences that mean nothing: refused by name, before a run."""

import pytest

from benchmarks.config.compose import compose
from benchmarks.errors import UserError


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("cnn workload.window=5", "window=5: cnn carries no state"),
        ("cnn workload.decode=5", "decode=5: cnn generates nothing"),
        ("cnn workload.distances=5", "expected 0, or a model that reads"),
        ("cnn workload.schedule=cosine", "expected one of constant, linear"),
        ("rnn framework.mode=loop", "mode=loop: rnn has no steps that are"),
        ("lstm framework.mode=loop", "mode=loop: bilstm of phase bilstm has"),
        ("cnn workload.clip=0", "workload.clip=0.0: expected a number above"),
        ("cnn workload.buckets=[8,8]", "each larger than the one before"),
        ("cnn workload.beam=0", "workload.beam=0: expected a whole number"),
        ("cnn workload.sentences=[a]", "nothing is decoded"),
        ("language workload.window=null", "reads a stream"),
        (
            "language workload.phases.k10.window=0",
            "workload.phases.k10.window=0: expected a whole number from 1",
        ),
        (
            "translation workload.sample=50",
            "workload.sample=50: seq2seq answers what it has read",
        ),
        (
            "language workload.buckets=[10]",
            "buckets=[10]: all windows of a stream are as long. Expected []",
        ),
        (
            "language workload.sentences=[a]",
            "sentences: language goes on with a text",
        ),
        (
            "memory workload.phases.rnn.sample=3",
            "workload.phases.rnn.sample=3: rnn generates nothing",
        ),
    ],
)
def test_refused_by_name(given, told):
    workload, *words = given.split()
    with pytest.raises(UserError) as caught:
        compose(f"workload={workload}", "framework=torch", *words)
    assert told in str(caught.value)
