"""Settings of sequences that no model can follow are refused."""

import pytest

from benchmarks.config.compose import compose
from benchmarks.errors import UserError


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("cnn workload.bptt_steps=5", "bptt_steps=5: cnn carries no state"),
        ("cnn workload.crop_steps=5", "crop_steps=5: cnn reads no crops"),
        (
            "language workload.phases.k35.crop_steps=5",
            "phases.k35.crop_steps=5: language reads no crops",
        ),
        (
            "few_shot workload.data.crops=5",
            "data.crops=5: no crops are drawn. Expected null, or crop_steps",
        ),
        (
            "few_shot workload.decoding.sample_tokens=5",
            "sample_tokens=5: gpt answers an input and does not continue",
        ),
        (
            "lstm workload.measure.attention_parts=5",
            "attention_parts=5: bilstm does not attend to the symbols",
        ),
        (
            "cnn workload.decoding.max_new_tokens=5",
            "max_new_tokens=5: cnn does not decode",
        ),
        (
            "transformer workload.decoding.max_new_tokens=40",
            "max_new_tokens=40: transformer has places for 24 symbols",
        ),
        (
            "cnn workload.measure.input_gradients=5",
            "expected 0, or a model that reads",
        ),
        (
            "cnn workload.schedule.name=step",
            "expected one of constant, cosine, linear",
        ),
        ("rnn framework.mode=loop", "mode=loop: rnn has no unrolled form"),
        ("lstm framework.mode=loop", "mode=loop: bilstm of phase bilstm has"),
        (
            "cnn workload.optimizer.max_grad_norm=0",
            "max_grad_norm=0.0: expected a number above",
        ),
        (
            "cnn workload.optimizer.weight_decay=0.1",
            "weight_decay=0.1: adam does not decay weights. Expected 0, or",
        ),
        (
            "cnn workload.optimizer.weight_decay=-1",
            "weight_decay=-1.0: expected a number from 0",
        ),
        (
            "rnn workload.label_smoothing=0.1",
            "label_smoothing=0.1: binary_cross_entropy has no labels to",
        ),
        (
            "cnn workload.label_smoothing=1",
            "label_smoothing=1.0: expected a number from 0 to below 1",
        ),
        (
            "cnn workload.schedule.final_share=0.1",
            "final_share=0.1: a constant learning rate does not decay",
        ),
        (
            "cnn workload.schedule.warmup_steps=-1",
            "warmup_steps=-1: expected a whole number from 0",
        ),
        ("cnn workload.data.buckets=[8,8]", "each larger than the one before"),
        (
            "cnn workload.decoding.beam_width=0",
            "beam_width=0: expected a whole number",
        ),
        ("cnn workload.decoding.sentences=[a]", "nothing is decoded"),
        (
            "language suite=recurrent workload.bptt_steps=null",
            "reads a stream",
        ),
        (
            "language workload.phases.k100.bptt_steps=0",
            "workload.phases.k100.bptt_steps=0: expected a whole number from 1",
        ),
        (
            "translation workload.decoding.sample_tokens=50",
            "sample_tokens=50: seq2seq answers an input",
        ),
        (
            "language workload.data.buckets=[10]",
            "buckets=[10]: a stream has windows of one length. Expected []",
        ),
        (
            "language workload.decoding.sentences=[a]",
            "sentences: language continues a text",
        ),
        (
            "memory workload.phases.rnn.decoding.sample_tokens=3",
            "phases.rnn.decoding.sample_tokens=3: rnn does not decode",
        ),
    ],
)
def test_refused_by_name(given, message):
    workload, *words = given.split()
    with pytest.raises(UserError) as caught:
        compose(f"workload={workload}", "framework=torch", *words)
    assert message in str(caught.value)
