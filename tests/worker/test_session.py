"""The arithmetic of every metric, with a clock set by hand."""

import math
import random
import subprocess
import sys
from dataclasses import asdict, replace
from statistics import median

import numpy as np
import pytest

from benchmarks.records import metric
from benchmarks.worker import memory, roofline, speed
from benchmarks.worker.request import Request
from benchmarks.worker.session import RunnerSession
from benchmarks.worker.timing import (
    Block,
    cycle,
    milliseconds,
    step_metrics,
    steps_for,
    throughput,
    timed,
    warm,
)
from impls.interface import Setting
from tests.support.fake.clock import Clock, Timed, split

REQUEST = Request(
    batch_size=8,
    eval_batch_size=8,
    epochs=1,
    seed=3,
    warmup_steps=4,
    blocks=7,
    block_seconds=1.0,
    mode="compiled",
)


def timed_runner(mode="compiled", **choices):
    clock = Clock()
    return Timed(clock, Setting(mode=mode), **choices), clock


def build(session, keep=False, **setting):
    session.build("tiny", {}, asdict(Setting(mode="calm", **setting)), keep)


def started(framework, keep=False):
    session = RunnerSession(framework, "tests.support.fake", lambda _: None)
    build(session, keep)
    return session


def run(runner, clock, request=REQUEST, report=lambda _: None):
    splits = {"train": split(64), "test": split(24)}
    given = runner, splits, request, report, clock
    training, inference = speed.training(*given), speed.inference(*given)
    return {
        part: training[part] | inference[part]
        for part in ("metrics", "timings")
    }


def test_every_figure_of_timed_training_and_inference():
    # A step takes 0.0625 s to place and 0.1875 s to train: 0.25 s
    result = run(*timed_runner())["metrics"]
    expected = {
        "compile_seconds": 2.0,
        "first_step_seconds": 0.1875,
        "training_examples_per_second": 8 / 0.25,
        "training_step_milliseconds": 250.0,
        "inference_examples_per_second": 8 / 0.125,
        "inference_latency_milliseconds": 125.0,
        "compilations_count": 0,
    }
    values = {name: result[name]["value"] for name in result}
    assert values == pytest.approx(expected, rel=1e-12)
    for name, unit in {
        "training_examples_per_second": "examples/s",
        "training_step_milliseconds": "milliseconds",
        "inference_latency_milliseconds": "milliseconds",
    }.items():
        assert result[name]["unit"] == unit
    rate = result["training_examples_per_second"]
    assert (rate["low"], rate["high"], rate["repeats"]) == (32, 32, 7)


def test_blocks_are_synchronised_at_their_edges_and_nowhere_else():
    runner, clock = timed_runner()
    blocks = speed.TimedRunner(runner, REQUEST, clock).blocks(
        "training", split(64)
    )
    # 4 steps of warm-up, of which 2 observed; a block of 1 s is 4 steps
    assert [block.steps for block in blocks] == [4] * 7
    edges = [2, 4] + [n for i in range(7) for n in (4 + 4 * i, 8 + 4 * i)]
    assert runner.waits == edges


def test_every_block_is_reported():
    reports = []
    run(*timed_runner(), report=reports.append)
    output = [line.get("step") for line in reports if line["stage"] == "timing"]
    assert output == [None, *range(REQUEST.blocks)]


def test_a_slow_block_moves_the_interval_and_not_the_median():
    runner, clock = timed_runner(slow=range(9, 13))  # the second block
    blocks = speed.TimedRunner(runner, REQUEST, clock).blocks(
        "training", split(64)
    )
    assert blocks[1].seconds > 5 * blocks[0].seconds
    result = throughput(blocks, "blocks")
    assert result["value"] == result["high"] == 32
    assert result["low"] < 6


def test_padding_is_not_counted_as_work():
    # 20 examples in batches of 8: 8, 8, 4; a block of 3 steps holds 20
    stream = cycle(split(20), replace(REQUEST, seed=0), 8)
    assert [next(stream)[1] for _ in range(7)] == [8, 8, 4, 8, 8, 4, 8]
    clock = Clock()

    def step():
        clock.pass_by(0.5)
        return next(stream)[1]

    blocks = timed(step, lambda: None, 3, 2, clock)
    assert blocks == [Block(3, 20, 1.5)] * 2
    assert throughput(blocks, "")["value"] == pytest.approx(20 / 1.5)
    steps = step_metrics(blocks, "")["training_step_milliseconds"]
    assert steps["value"] == pytest.approx(500)


def test_batches_come_in_the_order_of_a_training_epoch_after_epoch():
    data = split(16)
    stream = cycle(data, replace(REQUEST, seed=5), 8)
    rows = [next(stream)[0].inputs[0] for _ in range(4)]
    first, second = np.concatenate(rows[:2]), np.concatenate(rows[2:])
    assert not np.array_equal(first, second)
    for epoch in (first, second):
        np.testing.assert_array_equal(
            np.sort(epoch[:, 0]), np.sort(data.inputs[0][:, 0])
        )


@pytest.mark.parametrize(
    ("seconds", "step", "steps"),
    [(0.5, 0.01, 50), (0.5, 0.3, 2), (0.5, 4.0, 1), (0.5, 0.0, 1)],
)
def test_blocks_take_about_the_requested_seconds(seconds, step, steps):
    assert steps_for(seconds, step) == steps


@pytest.mark.parametrize("warmup", [0, 1, 2, 5])
def test_the_warm_up_performs_its_steps(warmup):
    clock, done = Clock(), []

    def step():
        done.append(1)
        # What is slow at first does not lengthen the estimate
        clock.pass_by(9.0 if len(done) <= warmup // 2 else 0.1)
        return 1

    steps = warm(step, lambda: None, warmup, 1.0, clock)
    assert len(done) == max(1, warmup)
    if warmup != 1:
        assert steps == pytest.approx(10, abs=10 * (warmup == 0))


def test_a_compilation_inside_the_timed_region_fails_the_pass():
    runner, clock = timed_runner("restless")
    with pytest.raises(speed.CompiledAgain, match="28 programs"):
        run(runner, clock)


def test_a_batch_of_one_is_compiled_before_it_is_timed():
    runner, clock = timed_runner()
    assert run(runner, clock)["metrics"]["compilations_count"]["value"] == 0
    assert ("logits", (1, 5)) in runner.shapes


@pytest.mark.parametrize(
    ("seconds", "samples"), [(0.001, 200), (0.015625, 128), (1.0, 30)]
)
def test_slow_calls_are_sampled_less_often(seconds, samples):
    clock = Clock()
    result = milliseconds(lambda: clock.pass_by(seconds), clock)
    assert result["repeats"] == samples
    assert result["value"] == pytest.approx(1000 * seconds)


def test_where_nothing_is_compiled_the_reason_stands():
    request = Request(**{**vars(REQUEST), "mode": "eager"})
    result = run(*timed_runner("eager"), request)["metrics"]
    for name in ("compile_seconds", "compilations_count"):
        assert result[name]["value"] is None
        assert result[name]["reason"] == "eager: nothing is compiled"


def test_timings_add_up_to_the_time_that_went_by():
    runner, clock = timed_runner()
    before = clock()
    timings = run(runner, clock)["timings"]
    assert sum(timings.values()) == pytest.approx(clock() - before)
    assert timings["timing"] == pytest.approx(32 * 0.25)


def test_the_intervals_ranks_are_those_of_the_tables():
    # Ranks for 95 %, as tabulated: n = 6 and 10 give (1, 6) and (2, 9)
    for count, rank in {6: 1, 8: 1, 9: 2, 10: 2, 15: 4, 20: 6, 25: 8}.items():
        low, high = metric.interval(range(1, count + 1))
        assert (low, high) == (rank, count + 1 - rank)


def test_too_few_samples_have_no_interval():
    result = metric.summary([3.0, 1.0, 2.0, 5.0, 4.0], "seconds", "blocks")
    assert (result["value"], result["low"], result["high"]) == (3, None, None)
    assert "too few" in result["over"]


def test_the_interval_has_its_nominal_coverage():
    draw = random.Random(4)
    held = 0
    for _ in range(2000):
        sample = [draw.expovariate(1) for _ in range(10)]
        low, high = metric.interval(sample)
        held += low <= math.log(2) <= high
    # Exactly 97.85 % for ten samples; 0.33 % is one standard error here
    assert held / 2000 == pytest.approx(0.9785, abs=0.0125)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_json_becomes_none_with_a_reason(value):
    result = metric.metric(value, "nats")
    assert result["value"] is None
    assert result["reason"] == f"the value is {value}"


def test_the_ceiling_is_the_best_size():
    clock = Clock()
    rates = {512: 100e9, 1024: 160e9, 2048: 120e9}

    def matmul(size):
        return lambda: clock.pass_by(2 * size**3 / rates[size])

    result = roofline.ceiling(matmul, "cpu", clock)
    assert result["value"] == pytest.approx(160)
    assert result["repeats"] == roofline.REPEATS


def test_the_share_of_the_peak_counts_both_passes():
    rate = metric.metric(1000.0, "examples/s", 900.0, 1100.0)
    peak = metric.metric(60.0, "GFLOP/s")
    result = roofline.share(10_000_000, rate, peak)
    assert result["value"] == pytest.approx(0.5)
    assert (result["low"], result["high"]) == pytest.approx((0.45, 0.55))


def test_a_share_without_a_ceiling_has_the_ceilings_reason():
    rate = metric.metric(1000.0, "examples/s")
    result = roofline.share(1, rate, metric.unknown("GFLOP/s", "no product"))
    assert (result["value"], result["reason"]) == (None, "no product")


def test_a_few_steps_are_ten_and_their_stages_are_timed():
    runner, clock = timed_runner()
    splits = {"train": split(24)}
    result = memory.few_steps(runner, splits, REQUEST, lambda _: None, clock)
    assert runner.steps == 10
    assert result["timings"] == {"compile": 2.0, "training": 2.5625}


def test_peaks_of_memory_or_the_reason_why_there_are_none():
    session = started("calm")
    peaks = session.peaks()
    assert peaks["allocator_peak_bytes"]["value"] is None
    assert peaks["allocator_peak_bytes"]["reason"] == "NumPy does not tell"
    assert peaks["allocator_reserved_bytes"]["value"] == 4096
    assert peaks["host_peak_bytes"]["unit"] == "bytes"
    assert peaks["host_peak_bytes"]["value"] > 20e6


def test_a_kept_model_is_taken_again_and_others_are_built():
    session = started("calm", keep=True)
    first = session.model
    build(session, keep=True, seed=1)
    other = session.model
    build(session, keep=True)
    assert session.model is first is not other
    build(session)
    assert session.model is not first
    build(session, keep=True, seed=1)
    assert session.model is not other


PEAK = """
import numpy
from benchmarks.worker.memory import host_peak
print(host_peak()["value"])
held = numpy.ones(400_000_000, numpy.uint8)
print(host_peak()["value"])
"""


def test_the_host_peak_is_of_this_process_alone_and_in_bytes():
    # The parent is larger, which `ru_maxrss` of a child would inherit
    larger = np.ones(300_000_000, np.uint8)
    command = [sys.executable, "-c", PEAK]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    before, after = map(int, output.split())
    assert 10e6 < before < 200e6 < larger.nbytes
    # Bytes, not thousands of KiB: those would make it 391 million
    assert 396e6 < after - before < 404e6


def test_median_of_a_summary_is_the_median():
    values = [5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 0.5, 7.0]
    assert metric.summary(values, "", "")["value"] == median(values)
