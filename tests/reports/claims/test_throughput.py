"""How far the frameworks are apart in throughput, and whether it is too far."""

import pytest

from reports.claims import throughput
from tests.support.synthetic_rows import row, workload

RATE = throughput.RATE


def rated(framework, values, phase=""):
    name = f"{phase}.{RATE}" if phase else RATE
    return row({name: values}, framework)


@pytest.mark.parametrize(
    "slow, kind, words",
    [
        ([60.0, 61.0, 62.0], "supported", "at most 2"),
        ([40.0, 41.0, 42.0], "not supported", "more than 2"),
        ([49.0, 50.0, 51.0], "inconclusive", "inconclusive whether at most 2"),
    ],
)
def test_the_interval_decides(slow, kind, words):
    rows = [rated("torch", [100.0] * 3), rated("jax", slow)]
    (spread,) = throughput.spreads(workload("cnn", *rows))
    assert spread.answer.kind == kind
    assert list(spread.throughputs) == ["torch", "jax"]
    expected = 100 / (slow[0] * slow[1] * slow[2]) ** (1 / 3)
    assert spread.answer.interval.mean == pytest.approx(expected)
    text = throughput.sentence(workload("cnn", *rows), spread)
    assert text.startswith(f"CNN: PyTorch trains {expected:.2f} times as fast")
    assert "over 3 pairs by seed, 95 % t interval" in text
    assert text.endswith(f"{words}.")


@pytest.mark.parametrize(
    "slow, kind, words",
    [
        (60.0, "supported once", "at most 2 in this run (one seed)"),
        (40.0, "not supported once", "more than 2 in this run (one seed)"),
        (50.0, "inconclusive", "inconclusive whether at most 2"),
    ],
)
def test_one_seed_is_decided_over_blocks_of_one_process(slow, kind, words):
    rows = [blocks("torch", 100.0, 0.02), blocks("jax", slow, 0.02)]
    (spread,) = throughput.spreads(workload("cnn", *rows))
    assert spread.answer.kind == kind
    text = throughput.sentence(workload("cnn", *rows), spread)
    assert "(one seed, 95 % interval over blocks of one process each)" in text
    assert text.endswith(f": {words}.")


def blocks(framework, rate, share):
    """One seed's throughput, its interval so many times its value wide."""
    made = rated(framework, [rate])
    made.cells[f"{RATE}_low"] = rate * (1 - share)
    made.cells[f"{RATE}_high"] = rate * (1 + share)
    made.cells[f"{RATE}_repeats"] = 6
    return made


@pytest.mark.parametrize("slow", [60.0, 40.0])
def test_one_seed_without_blocks_decides_nothing(slow):
    rows = [rated("torch", [100.0]), rated("jax", [slow])]
    (spread,) = throughput.spreads(workload("cnn", *rows))
    assert (
        spread.answer.kind == "inconclusive"
        and spread.answer.interval.low is None
    )
    text = throughput.sentence(workload("cnn", *rows), spread)
    assert "(one seed): inconclusive whether at most 2." in text


def test_every_timed_phase_has_its_own():
    rows = [
        row(
            {f"frozen.{RATE}": [speed], f"scratch.{RATE}": [2 * speed]},
            framework,
            phases=("digits", "scratch", "frozen"),
        )
        for framework, speed in (("torch", 10.0), ("jax", 15.0))
    ]
    table = throughput.table(workload("transfer", *rows))
    assert [line.title for line in table.lines] == ["scratch", "frozen"]
    heads = [column.title for column in table.columns]
    assert heads[1:3] == ["PyTorch", "JAX"]
    assert [line.cells[2].text for line in table.lines] == ["1.50", "1.50"]
    assert table.lines[0].cells[1].text == "30"


def test_a_framework_counts_in_its_fastest_mode():
    rows = [
        rated("torch", [10.0]),
        rated("torch", [30.0]),
        rated("jax", [20.0]),
    ]
    (spread,) = throughput.spreads(workload("cnn", *rows))
    assert spread.answer.interval.mean == pytest.approx(1.5)


def test_one_framework_or_the_slide_has_no_ratio():
    rows = [rated("torch", [10.0]), rated("slide", [90.0])]
    assert throughput.spreads(workload("cnn", *rows)) == []
    assert throughput.table(workload("cnn", *rows)).lines == []


def test_no_seed_in_common_is_stated():
    late = rated("jax", [5.0])
    late.cells["seed"] = 9
    rows = [rated("torch", [10.0]), late]
    (spread,) = throughput.spreads(workload("cnn", *rows))
    assert (
        spread.answer.interval is None and spread.answer.kind == "inconclusive"
    )
    text = throughput.sentence(workload("cnn", *rows), spread)
    assert "no seed in common" in text
