"""Shares of the learning rate, update by update."""

import math
from dataclasses import replace

import pytest

from benchmarks.config.workload import SCHEDULES
from benchmarks.worker import quality
from benchmarks.worker.learning_rate import share
from tests.support.reader import LENGTHS, REQUEST, Reader, sentences


def shares(schedule, updates, warmup=0, final=0.0):
    return [share(schedule, t, updates, warmup, final) for t in range(updates)]


def test_linear_decay_without_warm_up_is_bit_for_bit_what_it_was():
    for updates in (1, 7, 1000, 3333):
        was = [1 - update / updates for update in range(updates)]
        assert shares("linear", updates) == was


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_first_update_is_at_the_peak_without_warm_up(schedule):
    assert share(schedule, 0, 10, 0, 0.1) == 1


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warm_up_rises_in_equal_steps_to_the_peak(schedule):
    actual = shares(schedule, 9, warmup=3, final=0.25)
    assert actual[:4] == [0.25, 0.5, 0.75, 1]


def test_a_constant_rate_stays_at_the_peak():
    assert shares("constant", 6, warmup=1) == [0.5, 1, 1, 1, 1, 1]


def test_linear_decay_begins_after_the_warm_up():
    actual = shares("linear", 6, warmup=2, final=0.5)
    assert actual == pytest.approx([1 / 3, 2 / 3, 1, 0.875, 0.75, 0.625])


def test_a_cosine_is_half_way_down_in_the_middle():
    actual = shares("cosine", 8, final=0.1)
    assert actual[4] == pytest.approx(0.55, rel=1e-15)
    # Symmetric about it; the end would be the update after the last
    last = 0.1 + 0.9 * (1 + math.cos(math.pi * 7 / 8)) / 2
    assert actual[7] == pytest.approx(last, rel=1e-15)
    assert actual[7] - 0.1 == pytest.approx(1 - actual[1], rel=1e-12)


def test_a_cosine_is_that_of_nanogpt():
    """Its `get_lr`, copied, at the rates of its recipe for a CPU."""
    rate, warmup, updates, lowest = 1e-3, 100, 2000, 1e-4
    for update in (0, 1, 99, 100, 101, 1050, 1999):
        if update < warmup:
            expected = rate * (update + 1) / (warmup + 1)
        else:
            done = (update - warmup) / (updates - warmup)
            left = 0.5 * (1.0 + math.cos(math.pi * done))
            expected = lowest + left * (rate - lowest)
        actual = rate * share("cosine", update, updates, warmup, 0.1)
        assert actual == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("warmup", [5, 6, -1])
def test_a_warm_up_that_leaves_no_update_is_refused(warmup):
    with pytest.raises(ValueError, match=f"{warmup} updates of 5: expected"):
        share("constant", 0, 5, warmup, 0.0)


def test_linear_decay_goes_to_zero_over_the_whole_training():
    reader = Reader()
    chosen = replace(REQUEST, learning_rate=0.6, schedule="linear")
    result = quality.quality(
        reader, {"train": sentences(), "test": sentences()}, chosen, print
    )
    assert reader.rates == pytest.approx([0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    expected = (LENGTHS**2).sum() / LENGTHS.sum()
    losses = result["curves"]["epoch"]["train_loss"]
    assert losses == pytest.approx([expected] * 2, rel=1e-6)


def test_the_warm_up_and_the_decay_go_over_the_whole_training():
    reader = Reader()
    chosen = replace(
        REQUEST,
        learning_rate=0.8,
        schedule="cosine",
        schedule_warmup=3,
        final_share=0.5,
    )
    split = {"train": sentences(), "test": sentences()}
    quality.quality(reader, split, chosen, print)
    rates = [0.2, 0.4, 0.6, 0.8, 0.7, 0.5]  # 0.4 would be the update after
    assert reader.rates[:4] == pytest.approx(rates[:4])
    assert reader.rates[4:] == pytest.approx(rates[4:])
    reader.rates.clear()
    steady = replace(chosen, schedule="constant", final_share=0.0)
    quality.quality(reader, split, steady, print)
    assert reader.rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_a_constant_learning_rate_is_never_set():
    reader = Reader()
    quality.train(reader, sentences(), REQUEST, 0, print, lambda: 0.0)
    assert reader.rates == []


def test_the_worker_supports_every_schedule():
    assert SCHEDULES == ("constant", "cosine", "linear")
