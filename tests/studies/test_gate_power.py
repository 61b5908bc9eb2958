"""The study of the gate: injected slowdowns, rounds, pools."""

import math
import random
from contextlib import contextmanager

import pytest

from benchmarks.errors import UserError
from benchmarks.gate.pairs import Blocks
from benchmarks.studies.gate_power import injected_slowdown, rounds
from benchmarks.studies.gate_power import pool as pools
from tests.support.pools import COUNTS, HEAD, FakePair, filled, one_round


@pytest.mark.parametrize("count", [0.07, 0.5, 1.0, 3.3, 121.9])
def test_the_work_is_exact_after_any_number_of_steps(count):
    done, made = [], []

    def step():
        made.append(sum(done))
        return "metrics"

    slowed = injected_slowdown.slowed(step, done.append, count)
    for steps in range(1, 101):
        assert slowed() == "metrics"
        assert sum(done) == int(steps * count)
    assert len(made) == 100
    assert max(done) - min(done) <= 1  # evenly


def test_a_slowdown_takes_its_share_of_a_fake_clock():
    now = [0.0]

    def step():
        now[0] += 0.006

    def work(count):
        now[0] += count * 2e-6

    size = rounds.count(5, fixed=0.0, each=2e-6 / 0.006)
    slowed = injected_slowdown.slowed(step, work, size)
    for _ in range(8):
        slowed()
    assert now[0] / 0.048 == pytest.approx(1.05, abs=1e-4)


class FakeRunner:
    device = "none"

    def __init__(self):
        self.done = []

    def wait(self):
        pass


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setitem(
        injected_slowdown.WORK, "fake", lambda runner: runner.done.append
    )
    made = injected_slowdown.Session("fake", "impls")
    made.runner = FakeRunner()
    made._step = lambda kind: lambda: made.runner.done.append("step")
    made.warm("training")
    made.runner.done.clear()
    return made


def test_a_session_slows_its_steps_and_stops(session):
    session.slow(2.0)
    session.block("training", 2, 1)
    assert session.runner.done == ["step", 2] * 3
    session.runner.done.clear()
    session.slow(0)
    session.block("training", 2, 1)
    assert session.runner.done == ["step"] * 3


def test_fractions_accumulate_across_blocks(session):
    for _ in range(4):
        for count in (0.25, 0):
            session.slow(count)
            session.block("training", 1, 0)
    assert [done for done in session.runner.done if done != "step"] == [1]


def test_a_line_finds_what_a_call_and_what_a_product_cost():
    points = [(c, 0.01 + 0.0002 * c) for c in (100, 200, 400, 800) * 6]
    points[3] = (800, 1.3)  # disturbed
    fixed, each = rounds.line(points)
    assert (fixed, each) == pytest.approx((0.01, 0.0002))
    below = [(c, 0.0002 * c - 0.001) for c in (100, 200, 400, 800)]
    fixed, each = rounds.line(below)
    assert fixed == 0 and each == pytest.approx(0.000196, rel=0.01)


def test_counts_reach_the_size_also_below_the_cost_of_a_call():
    for size in pools.SIZES[1:7]:
        count = rounds.count(size, fixed=0.012, each=0.0002)
        calls = min(count, 1.0)  # per step
        assert calls * 0.012 + count * 0.0002 == pytest.approx(size / 100)


def test_every_slowdown_is_injected_into_its_own_side(tmp_path):
    timed = one_round(2)
    assert set(timed["blocks"]) == {"A0", "A3", "B0", "B3", "B5"}
    pool = pools.Pool(tmp_path, HEAD, [timed])
    for size in (0, 3, 5, -3):
        sign = -1 if size < 0 else 1
        ((ratio, order),) = pool.pairs(size)
        assert ratio == pytest.approx(sign * math.log(1 + abs(size) / 100))
        assert order == -1
    assert pool.pairs(-5) == []


def test_the_order_within_every_cycle_is_drawn_and_complete():
    chosen = pools.states(0)
    _, sequence = rounds.alternate(FakePair(), chosen, COUNTS, 3)
    cycles = [sequence[at : at + 5] for at in (0, 5, 10)]
    assert all(sorted(cycle) == sorted(chosen) for cycle in cycles)
    assert cycles[0] != cycles[1] != cycles[2]


def test_all_sizes_in_turn_come_with_either_order():
    turns = [pools.states(number)[-1] for number in range(16)]
    assert turns[::2] == turns[1::2] == list(pools.IN_TURN)


def test_a_pool_goes_on_after_a_torn_last_line(tmp_path):
    path = filled(tmp_path, 3)
    whole = pools.read(path)
    path.write_bytes(path.read_bytes() + b'{"number": 3, "blo')
    assert pools.read(path) == whole
    whole.append(one_round(3))
    assert [round_["number"] for round_ in whole.rounds] == [0, 1, 2, 3]
    assert pools.read(path) == whole


def test_a_pool_that_is_broken_in_the_middle_is_named(tmp_path):
    path = filled(tmp_path, 2)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:50], lines[2], ""]))
    with pytest.raises(UserError, match="line 2 is not whole JSON"):
        pools.read(path)
    assert pools.read(tmp_path / "none.jsonl") is None


def test_other_code_and_other_machines_have_pools_of_their_own(tmp_path):
    path = filled(tmp_path, 1)
    elsewhere = pools.place(tmp_path, HEAD["cell"], "def", "01")
    pools.begin(elsewhere, HEAD)
    assert pools.others(path) == [elsewhere]
    other = {**HEAD["cell"], "workload": {"name": "cnn"}}
    assert pools.others(pools.place(tmp_path, other, "a", "0")) == []


def test_a_change_of_a_model_or_the_measuring_is_other_code(tmp_path):
    for name in ("impls/cnn/torch.py", *pools.MEASURING[1:]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a = 1\n")
    before = pools.digest(tmp_path)
    assert pools.digest(tmp_path) == before
    (tmp_path / "impls/cnn/torch.py").write_text("a = 2\n")
    changed = pools.digest(tmp_path)
    assert changed != before
    (tmp_path / pools.MEASURING[-1]).write_text("a = 2\n")
    assert pools.digest(tmp_path) not in (before, changed)


def test_the_achieved_size_is_of_one_process(tmp_path):
    pool = pools.read(filled(tmp_path, 8, noise=0.0))
    assert pool.achieved(5) == pytest.approx([math.log(1.05)] * 8)
    assert pool.achieved(-5) == pytest.approx([-math.log(1.05)] * 2)
    assert len(pool.achieved(1)) == 2
    orders = [order for _, order in pool.metrics()["startup_seconds"]]
    assert orders == [-1, 1] * 4
    assert pool.pair_seconds == pytest.approx(4 + 2 * 8 * 2 / 5)


@contextmanager
def pair_of_a_quiet_machine(*anything):
    yield FakePair()


@contextmanager
def pair_of_a_busy_machine(*anything):
    pair, draw = FakePair(), random.Random(5)
    pair.noise = lambda: draw.choice([1.0, 1.5])
    yield pair


def test_calibration_finds_what_a_product_costs(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "opened", pair_of_a_quiet_machine)
    result = rounds.calibrate({}, Blocks(), tmp_path, str)
    expected = {"fixed": 0, "each": 0.001}
    assert result["costs"] == pytest.approx(expected, abs=1e-9)
    assert result["counts"]["20"] == pytest.approx(200)


def test_a_busy_machine_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "opened", pair_of_a_busy_machine)
    with pytest.raises(UserError, match="rnn torch: a slowdown cannot"):
        rounds.calibrate(HEAD["cell"], Blocks(), tmp_path, str)
