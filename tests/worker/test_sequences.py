"""Weighted targets, schedules, buckets, streams, groups, distances."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.config import phases
from benchmarks.config.compose import compose
from benchmarks.data import batches
from benchmarks.data.batches import Split
from benchmarks.passes import input_gradients, post_training
from benchmarks.worker import (
    curves,
    quality,
    speed,
    timing,
)
from benchmarks.worker.gradient_norms import Norms
from benchmarks.worker.request import request, setting, spec
from impls import init
from impls.sequences import END
from tests.support.reader import LENGTHS, REQUEST, Reader, sentences


@pytest.mark.parametrize("buckets", [(), (4, 8, 12)])
def test_a_mean_is_over_targets_whatever_the_batches(buckets):
    expected = (LENGTHS**2).sum() / LENGTHS.sum()
    for size in (3, 4, 10):
        chosen = replace(REQUEST, eval_batch_size=size, buckets=buckets)
        loss, _ = quality.evaluate(Reader(), sentences(), chosen)
        assert loss == pytest.approx(expected, rel=1e-6)


def test_every_shape_of_any_epoch_can_be_compiled_before():
    chosen = replace(REQUEST, batch_size=2, buckets=(2, 4, 8))
    known = {
        batch.inputs[0].shape for batch in timing.shapes(sentences(), chosen, 2)
    }
    assert known == {(2, 2), (2, 4), (2, 8), (2, 12)}
    stream = timing.cycle(sentences(), chosen)
    for _ in range(50):
        batch, count = next(stream)
        assert batch.inputs[0].shape in known
        assert count == 2


def test_a_bucket_that_nothing_falls_into_is_not_compiled():
    chosen = replace(REQUEST, buckets=(12, 20, 30))
    (only,) = timing.shapes(sentences(), chosen, 4)
    assert only.inputs[0].shape == (4, 12)


def stream(count):
    numbers = np.arange(count, dtype=np.int32)
    return Split((numbers,), numbers % 12)


def test_a_stream_continues_and_restarts_in_every_epoch_and_evaluation():
    reader = Reader()
    chosen = replace(REQUEST, bptt_steps=5)
    result = quality.quality(
        reader, {"train": stream(60), "test": stream(40)}, chosen, print
    )
    fresh = [int(flags[0]) for flags in reader.begun]
    assert fresh == [1, 0, 0, 1, 0, 0, 1, 0]  # two epochs, one evaluation
    metrics = result["metrics"]
    bits = metrics["test_bits_per_token"]
    assert bits["value"] == metrics["test_loss"]["value"] / math.log(2)
    assert bits["unit"] == "bits"
    batch, count = next(timing.cycle(stream(60), chosen))
    assert count == batches.valid(batch) == 20  # characters
    steps = chosen.steps(stream(60))
    assert len(Norms(replace(chosen, gradient_norms=6), steps).marks) == 6


@pytest.mark.parametrize(
    ("window", "fresh"),
    [(5, [1, 0, 0, 1, 0, 0, 1]), (7, [1, 0, 1, 0, 1]), (17, [1, 1])],
)
def test_a_stream_ends_after_so_many_steps(monkeypatch, window, fresh):
    monkeypatch.setattr(batches, "STREAM", 15)
    for number in (0, None):  # in training and in evaluation
        read = batches.epoch(stream(80), 2, 0, number, (), window)
        begun = [list(batch.inputs[1]) for batch in read]
        assert begun[: len(fresh)] == [[flag, flag] for flag in fresh]


def test_accuracy_by_group_leaves_padding_out():
    chosen = replace(REQUEST, groups=("short", "long", "none"), buckets=(6,))
    result = quality.by_group(Reader(), sentences(), chosen)
    short = LENGTHS[LENGTHS <= 5]
    assert result["count"] == [short.sum(), LENGTHS[LENGTHS > 5].sum(), 0]
    assert result["accuracy"] == [6 / short.sum(), 0.0, None]
    filled = curves.Curves(chosen)
    filled.groups = result
    reports = filled.result()
    assert reports["curves"]["groups"] == result
    assert reports["metrics"]["test_accuracy_long"]["value"] == 0.0
    assert reports["metrics"]["test_accuracy_none"]["reason"]


def labelled(value):
    """Six of four steps; two of them count, in groups 0 and 1."""
    targets = np.full((6, 4), value, np.int32)
    weights = np.tile(np.array([1, 0], np.int8), (6, 2))
    groups = np.tile(np.array([0, -1, 1, -1], np.int8), (6, 1))
    return Split((targets,), targets, groups=groups, weights=weights)


def test_a_control_is_measured_by_group_as_the_test_split_is():
    chosen = replace(REQUEST, groups=("first", "second"))
    splits = {name: labelled(3) for name in ("train", "test")}
    result = quality.quality(
        Reader(), splits | {"control": labelled(5)}, chosen, print
    )
    for name in ("first", "second"):
        reached = [
            result["metrics"][f"{split}_accuracy_{name}"]
            for split in ("test", "control")
        ]
        assert [own["value"] for own in reached] == [1.0, 0.0]
        assert reached[1]["over"] == "6 targets of the control split"
    assert result["curves"]["control"] == {
        "accuracy": [0.0, 0.0],
        "count": [6, 6],
    }
    plain = quality.quality(Reader(), splits, chosen, print)
    assert "control" not in plain["curves"]
    assert not any("control" in name for name in plain["metrics"])


def test_a_text_in_crops_has_bits_and_counts_all_tokens():
    chosen = replace(REQUEST, crop_steps=5, crops=6, max_new_tokens=5)
    tokens = np.arange(33, dtype=np.int32)
    text = Split((tokens,), tokens % 12)
    reader = Reader()
    result = quality.quality(
        reader, {"train": text, "test": text}, chosen, print
    )
    seen = [batch.inputs[0] for batch in reader.seen[1:]]
    assert len(seen) == 2 * chosen.steps(text) == 4
    assert not np.array_equal(seen[0], seen[2])  # drawn anew
    metrics = result["metrics"]
    mean = (tokens % 12).mean()  # each once, the padding not
    assert metrics["test_loss"]["value"] == pytest.approx(mean, rel=1e-6)
    bits = metrics["test_bits_per_token"]["value"]
    assert bits == pytest.approx(mean / math.log(2), rel=1e-6)
    _, count = next(timing.cycle(text, chosen))
    assert count == 4  # crops
    bench = speed.TimedRunner(reader, chosen, lambda: 0.0)
    assert bench.step("decoding", text)() == 4 * 5


def test_decoding_keeps_the_order_and_reports_progress():
    reports = []
    chosen = replace(REQUEST, max_new_tokens=5, buckets=(4, 12))
    result = quality.decode(Reader(), sentences(), chosen, reports.append)
    assert result.shape == (10, 5) and result[:, 0].tolist() == LENGTHS.tolist()
    assert reports[0] == {"stage": "decoding", "step": 0, "steps": 3}


def test_what_is_decoded_is_counted_in_tokens():
    assert speed.tokens(np.array([[5, 6, END, 0], [7, END, 0, 0]])) == 5
    chosen = replace(REQUEST, max_new_tokens=5, buckets=(4, 12))
    bench = speed.TimedRunner(Reader(), chosen, lambda: 0.0)
    assert bench.step("decoding", sentences())() == 8  # two of each of four
    reports = bench.padded(sentences())
    assert 0 < reports["padding_fraction"]["value"] < 1
    count = bench.compilations()["programs_count"]
    assert "nothing is compiled" in count["reason"]


def test_decoding_is_warm_after_three_batches():
    reader, calls = Reader(), []
    generate = reader.generate
    reader.generate = lambda *given: calls.append(1) or generate(*given)
    chosen = replace(REQUEST, max_new_tokens=5, warmup_steps=20)
    blocks = speed.TimedRunner(reader, chosen).blocks("decoding", sentences())
    assert [block.steps for block in blocks] == [1, 1]
    assert len(calls) == 3 + 2


def test_words_of_symbols():
    words = ["<pad>", "<s>", "</s>", "<unk>", "this", "is"]
    row = np.array([4, 5, END, 0, 0])
    assert post_training.sentence(row, words) == "this is"
    assert post_training.token_count(np.array([4, 5])) == 2
    assert post_training.text(np.array([0, 1]), ["a", "\\n"]) == "a\n"


class Linear:
    """A worker whose logit is a sum over positions of decreasing weight."""

    def __init__(self, folder, width):
        self.scratch = folder
        self.width = width

    def ask(self, verb, **given):
        from benchmarks.worker import arrays

        if verb == "load":
            self.table = arrays.read(given["params"])[input_gradients.EMBEDDING]
        if verb not in ("logits", "gradients"):
            return {}
        batch = arrays.read_batch(given["batch"])
        rows = batch.inputs[0]
        weights = 0.5 ** np.arange(rows.shape[1])[::-1]  # by distance
        score = np.einsum("btw,t->b", self.table[rows], weights)
        if verb == "logits":
            return arrays.save(given["folder"], {"logits": score[:, None]})
        slope = (1 / (1 + np.exp(-score)) - batch.targets) / len(score)
        gradient = np.zeros_like(self.table)
        gradient[rows] = slope[:, None, None] * weights[None, :, None]
        gradients = {input_gradients.EMBEDDING: gradient, "loss": np.zeros(())}
        return arrays.save(given["folder"], gradients)


def test_the_gradient_by_distance_is_that_of_the_output(tmp_path):
    cell, _ = compose("workload=rnn", "framework=torch")
    cell["workload"]["spec"] |= {"vocab": 7, "time": 6, "width": 4}
    tokens = np.random.default_rng(0).integers(0, 7, (5, 6), np.int32)
    params = init.draw(spec(cell), 0)
    worker = Linear(tmp_path, 4)
    result = input_gradients.norms(worker, cell, tokens, params)
    # Of a sum over a width of 4 the gradient's norm is 2
    assert result == pytest.approx(2 * 0.5 ** np.arange(6), rel=1e-9)


def test_a_workload_without_sequences_asks_for_none():
    cell, _ = compose("workload=cnn", "framework=torch")
    chosen = request(cell)
    assert chosen["schedule"] == "constant" and not chosen["max_new_tokens"]
    assert chosen["schedule_warmup"] == chosen["final_share"] == 0
    assert chosen["bptt_steps"] is None and not chosen["buckets"]
    assert setting(cell)["max_grad_norm"] is None


def test_optimizer_and_schedule_reach_the_worker():
    words = (
        "optimizer.name=adamw optimizer.weight_decay=0.1 label_smoothing=0.2"
        " schedule.name=cosine schedule.warmup_steps=7 schedule.final_share=0.3"
    )
    keys = [f"workload.{word}" for word in words.split()]
    cell, _ = compose("workload=cnn", "framework=torch", *keys)
    chosen, sent = setting(cell), request(cell)
    assert (chosen["optimizer"], chosen["weight_decay"]) == ("adamw", 0.1)
    assert chosen["label_smoothing"] == 0.2
    assert (sent["schedule"], sent["final_share"]) == ("cosine", 0.3)
    assert sent["schedule_warmup"] == 7
    assert sent["warmup_steps"] == cell["speed"]["warmup_steps"]


def test_each_phase_has_its_own_bptt_steps():
    cell, _ = compose("workload=language", "framework=torch", "suite=recurrent")
    plan = phases.of(cell["workload"])
    lengths = {name: phase["bptt_steps"] for name, phase in plan.items()}
    assert lengths == {"k10": 10, "k35": 35, "k100": 100, "k10_rare": 10}
    assert cell["workload"]["bptt_steps"] == 35
    # As many updates on as much text: tokens of an update are as many
    tokens = {n: lengths[n] * p["data"]["batch_size"] for n, p in plan.items()}
    assert tokens["k10_rare"] == tokens["k100"] == 10 * tokens["k10"]
    assert setting(cell)["max_grad_norm"] == 5.0
