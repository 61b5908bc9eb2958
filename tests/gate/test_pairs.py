"""A pair of fresh processes: what is timed, how, and whose code runs."""

import sys

import pytest

from benchmarks.gate import timer
from benchmarks.gate.pairs import Blocks, measure, open_pair
from benchmarks.passes.process import WorkerFailed
from benchmarks.worker import request
from impls.interface import Setting
from tests.support import fake, gate_trees
from tests.support.fake.clock import Clock, Timed, split

SHORT = Blocks(cycles=3, seconds=0.001, discard_seconds=0.0005)
KINDS = ("training", "inference", "decoding")


@pytest.fixture(autouse=True)
def fake_library(monkeypatch):
    monkeypatch.setattr(request, "impls", fake)


@pytest.fixture
def trees(tmp_path):
    return tuple(gate_trees.tree(tmp_path / name) for name in ("base", "head"))


def opened(trees, tmp_path, cell=None, base_first=True):
    sides = tuple(
        gate_trees.side(name, root, sys.executable)
        for name, root in zip(("base", "head"), trees, strict=True)
    )
    cells = (gate_trees.cell(), cell or gate_trees.cell())
    files = tmp_path / "files"
    return open_pair(sides, cells, files, 1, KINDS, SHORT, base_first)


def test_both_sides_are_measured(trees, tmp_path):
    with opened(trees, tmp_path) as pair:
        samples = measure(pair, SHORT)
    for sample in samples:
        assert sample["training_step_milliseconds"]["value"] > 0
        assert sample["inference_latency_milliseconds"]["value"] > 0
        assert sample["startup_seconds"]["value"] > 0
        assert sample["compile_seconds"]["value"] > 0
        assert sample["host_peak_bytes"]["value"] > 2**20
        assert sample["parameters_count"]["value"] == 18
        assert sample["flops_per_example_count"]["value"] == 30
        missing = sample["decoding_tokens_per_second"]
        assert missing["value"] is None and "generate" in missing["reason"]
        answer = sample["allocator_peak_bytes"]
        assert answer == {"value": None, "reason": "NumPy does not tell"}


def test_what_the_main_phase_freezes_is_frozen_on_both_sides(trees, tmp_path):
    for tree in trees:
        gate_trees.edit(
            tree,
            "impls/frameworks/calm.py",
            "def freeze(self, names):\n        pass",
            "def freeze(self, names):\n        assert not names, names",
        )
    cell = gate_trees.cell()
    cell["workload"]["freeze"] = ["head.bias"]
    with (
        pytest.raises(WorkerFailed, match="'head.bias'"),
        opened(trees, tmp_path, cell),
    ):
        pass
    with opened(trees, tmp_path):  # nothing is frozen
        pass


def test_each_process_runs_the_code_of_its_own_tree(trees, tmp_path):
    gate_trees.edit(
        trees[1], "impls/tiny/spec.py", "return 2 * self", "return 3 * self"
    )
    gate_trees.edit(
        trees[1],
        "benchmarks/data/batches.py",
        "default_rng((seed, epoch))",
        "default_rng((seed, epoch, unheard_of))",
    )
    with (
        pytest.raises(WorkerFailed, match="head: .*unheard_of"),
        opened(trees, tmp_path),
    ):
        pass
    gate_trees.edit(trees[1], "benchmarks/data/batches.py", ", unheard_of", "")
    with opened(trees, tmp_path) as pair:
        flops = [s["flops_per_example_count"]["value"] for s in pair.samples]
    assert flops == [30, 45]


def test_a_failure_names_its_side(trees, tmp_path):
    gate_trees.edit(
        trees[0], "impls/frameworks/calm.py", "import ctypes", "import nothing"
    )
    with (
        pytest.raises(WorkerFailed, match="^base: .*nothing"),
        opened(trees, tmp_path),
    ):
        pass


def test_a_killed_worker_names_its_side(trees, tmp_path):
    gate_trees.edit(
        trees[1], "impls/frameworks/calm.py", "self.steps += 1", "os.abort()"
    )
    with (
        pytest.raises(WorkerFailed, match="^head: killed"),
        opened(trees, tmp_path),
    ):
        pass


def test_a_program_compiled_while_timed_is_refused(trees, tmp_path):
    framework = {"name": "calm", "mode": "restless", "python": None}
    cell = gate_trees.cell(framework=framework)
    with (
        opened(trees, tmp_path, cell) as pair,
        pytest.raises(WorkerFailed, match="compiled inside a timed region"),
    ):
        measure(pair, SHORT)


def test_an_older_tree_is_spared_settings_that_it_does_not_know(
    trees, tmp_path
):
    gate_trees.edit(
        trees[0],
        "impls/interface.py",
        "    deterministic: bool = True\n",
        "",
    )
    with opened(trees, tmp_path) as pair:
        assert pair.samples[0]["parameters_count"]["value"] == 18


def test_the_order_of_starting_is_recorded(trees, tmp_path):
    with opened(trees, tmp_path, base_first=False) as pair:
        assert pair.order == -1
        base, head = pair.workers
        assert (base.label, head.label) == ("base", "head")
        assert (base.root, head.root) == trees


def test_no_process_is_left(trees, tmp_path):
    with pytest.raises(KeyboardInterrupt), opened(trees, tmp_path) as pair:
        workers = pair.workers
        raise KeyboardInterrupt
    for worker in workers:
        with pytest.raises(WorkerFailed, match="not running"):
            worker.ask("hello")


def session(clock, monkeypatch):
    """A probe whose time passes only when the device waits."""
    monkeypatch.setattr(timer.time, "perf_counter", clock)
    timed = timer.Session("calm", "tests.support.fake")
    timed.runner = Timed(clock, Setting())
    from benchmarks.data import batches

    timed.batches, timed.split, timed.batch = batches, split(20), 4
    return timed


def test_a_block_is_timed_between_two_waits(monkeypatch):
    clock = Clock()
    probed = session(clock, monkeypatch)
    probed.warm("training")
    before = len(probed.runner.waits)
    answer = probed.block("training", steps=5, discard=3)
    # 0.0625 s to place and 0.1875 s to train, five times; not eight
    assert answer == {"seconds": 1.25, "steps": 5}
    assert len(probed.runner.waits) == before + 2
    assert probed.runner.waits[-1] - probed.runner.waits[-2] == 5


def test_the_warm_up_is_the_same_fixed_count(monkeypatch):
    probed = session(Clock(), monkeypatch)
    assert probed.warm("training") == {"seconds": 0.25, "reason": None}
    assert probed.runner.steps == timer.WARMUP


def test_compiling_is_timed_alone(monkeypatch):
    probed = session(Clock(), monkeypatch)
    probed.runner.setting = Setting(mode="compiled")
    answer = {"value": 2.0, "reason": None}
    assert probed.compile() == {"compile_seconds": answer}
    probed.runner.setting = Setting(mode="eager")
    answer = {"value": None, "reason": timer.EAGER}
    assert probed.compile() == {"compile_seconds": answer}


def test_one_number_per_process_is_the_median_of_its_blocks():
    class Measured:
        steps = {"training": (2, 1), "decoding": (2, 1)}
        samples = ({}, {})

        def both(self, verb):
            return [None, None]

        def blocks(self, kind, cycles):
            return [0.001, 0.003, 0.002], [0.5, 0.25, 0.125]

    base, head = measure(Measured(), SHORT)
    assert base["training_step_milliseconds"]["value"] == pytest.approx(2.0)
    assert head["decoding_tokens_per_second"]["value"] == 4.0


def test_blocks_take_strict_turns_from_a_drawn_side(trees, tmp_path):
    firsts, blocks = [], []
    with opened(trees, tmp_path) as pair:
        pair.block = lambda side, kind: blocks.append(side) or 1.0
        for _ in range(20):
            blocks.clear()
            pair.blocks("training", 5)
            assert blocks == [blocks[0], 1 - blocks[0]] * 5
            firsts.append(blocks[0])
    assert 0 < sum(firsts) < 20
