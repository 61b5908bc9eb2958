"""Implementations agree with the reference and with each other."""

import json
from itertools import chain, combinations

import numpy as np
import psutil
import pytest

import impls
from benchmarks.config import phases
from benchmarks.parity import compare, reference, schedule
from benchmarks.parity.case import CHECKS, Case, checks, fixture, variants
from benchmarks.parity.schedule import Implementation
from tests.support.implementations import case, shared_runner

PRECISIONS = ("float64", "float32")
# Of places, layers and switches; no array has such a side
COUNTS = "pool", "depth", "layers", "scaled"
UNROLLED = "lstm", "language"
COVERED = "seq2seq"  # by `attention`, which contains it
HALVED = "seq2seq", "attention"  # two directions with half of `hidden` each


def groups(every):
    """(model or variant, precision) -> its implementations."""
    keys = {}
    for key in schedule.implementations(every=every):
        keys.setdefault((key.model, key.precision), []).append(key)
    return keys


def quick(key):
    """Whether an implementation is neither slow to compile nor redundant.

    Mode `loop` in float64 of two models stands for all, which share
    `impls/sequences`: one starts at zero, one continues a state. float32 shows
    lost digits, so the fastest mode of models without their variants suffices.
    """
    model = key.model
    if key.precision == "float32":
        own = model in impls.MODELS and model != COVERED
        return own and key.mode == phases.fastest(key.framework, model, "cpu")
    return key.mode != "loop" or model in UNROLLED


def cases(select):
    """Groups with each of their checks; slow unless all are `quick`."""
    params = []
    usual = set(filter(quick, chain(*groups(False).values())))
    for keys in groups(True).values():
        for group in select(keys):
            marks = [] if usual.issuperset(group) else [pytest.mark.slow]
            first = group[0]
            labels = "-".join(key.label for key in group)
            for check in checks(first.model):
                name = f"{first.model}-{labels}-{first.precision}-{check}"
                name = name.replace(" ", "_")
                params.append(pytest.param(group, check, id=name, marks=marks))
    return params


@pytest.fixture(scope="module")
def runs(request):
    """The runs of all implementations that the selected tests need."""
    keys = dict.fromkeys(
        key
        for item in request.session.items
        if hasattr(item, "callspec")
        for key in item.callspec.params.get("group", ())
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("XLA_FLAGS", raising=False)  # of tests/conftest.py
        return schedule.run_all(keys)


def result(runs, key, check):
    run = runs[key]
    if run.absent:
        pytest.skip(run.problem)
    if check not in run.results:
        pytest.fail(f"check {run.missing!r} failed: {run.problem}")
    return run.results[check]


def assert_within(key, worst):
    for criterion, (error, array) in worst.items():
        bound = compare.bound(key.model, criterion, key.precision)
        assert error <= bound, f"{array}: {error:.2g} apart, bound {bound:.2g}"


@pytest.mark.parametrize(
    ("group", "check"), cases(lambda keys: [(key,) for key in keys])
)
def test_an_implementation_agrees_with_its_reference(runs, group, check):
    compared = compare.against_reference(result(runs, group[0], check))
    assert_within(group[0], compared)


@pytest.mark.parametrize(
    ("group", "check"), cases(lambda keys: combinations(keys, 2))
)
def test_two_implementations_agree(runs, group, check):
    left, right = (result(runs, key, check).actual for key in group)
    assert_within(group[0], compare.by_criterion(check, left, right))


@pytest.mark.parametrize("model", variants())
def test_sizes_are_odd_and_no_two_are_alike(model):
    content = fixture(model)
    sizes = {
        name: size
        for name, size in content["sizes"].items()
        if isinstance(size, int) and name not in COUNTS
    }
    if model in HALVED:
        others = {size for name, size in sizes.items() if name != "hidden"}
        assert sizes["hidden"] not in others
        sizes["hidden"] //= 2
    sizes["batch"] = content["batch"]
    assert all(size % 2 for size in sizes.values()), sizes
    assert len(set(sizes.values())) == len(sizes), sizes


@pytest.mark.parametrize("model", variants())
def test_parameters_and_batches_hide_nothing(model):
    point = Case(model, "float64")
    for name, value in point.smooth.items():
        assert np.abs(value).min() > 0, f"{name}: zeros hide what adds them"
    batch = point.batch(0)
    assert 0 < batch.weights.sum() < batch.weights.size
    assert len(np.unique(batch.targets)) > 1
    for mask in (batch.masks or {}).values():
        assert set(np.unique(mask)) == {0, 1}
    for array in batch.inputs:
        if array.ndim > 1:  # otherwise one number per example
            assert 0 < np.mean(array == 0) < 0.5
    assert not np.array_equal(batch.inputs[0], point.batch(1).inputs[0])


@pytest.mark.parametrize(
    "model", [name for name in variants() if fixture(name).get("max_grad_norm")]
)
def test_clipping_acts_in_some_steps(model):
    """By the gradient norms at the start of the check `optimizer steps`."""
    point, torch = case(model), shared_runner(model, "torch", "eager")
    torch.load(point.kinked)
    factors = [
        reference.clipped(
            torch.gradients(torch.place(batch))[1], point.max_grad_norm
        )
        for batch in map(point.batch, range(10))
    ]
    assert min(factors) < 0.98 and max(factors) == 1, factors


@pytest.mark.parametrize("model", variants())
def test_no_array_is_too_small_for_its_bound(model):
    """An array below SMALL would be within its bound whatever it holds."""
    point = Case(model, "float64")
    for name, slope in point.slopes.items():
        assert np.abs(slope).max() > 10 * compare.SMALL, name


def test_kinks_are_ties_between_places_with_different_inputs():
    from impls.cnn import reference as cnn

    point = Case("cnn", "float64")
    kernel = point.kinked["first.kernel"]
    bias = point.kinked["first.bias"]
    image = point.batch(0).inputs[0].astype(np.float64)
    x = cnn.convolve(image, kernel) + bias
    assert (x[..., 0] == bias[0]).all() and bias[0] > 0  # every maximum ties
    assert (x[..., 1] == 0).all()  # on the kink of every ReLU
    assert np.std(image[:, ::2], (0, 1, 2)).min() > 0.1


def test_exact_arrays_have_the_bound_zero():
    for precision in PRECISIONS:
        assert compare.bound("cnn", "", precision) == 0
    criterion = compare.criterion
    assert criterion("names and shapes", "head.kernel") == ""
    check = "training mode"
    assert criterion(check, "norm.mean, frozen") == ""
    assert criterion(check, "norm.mean, running") == "running statistics"
    assert criterion(check, "trained 1 cell, state") == "recurrent state"
    assert criterion(check, "norm.scale, projected") == check


@pytest.mark.parametrize(
    ("model", "criterion"),
    [(name, key) for name in variants() for key in compare.criteria(name)],
)
def test_bounds_are_those_of_the_conventions(model, criterion):
    tight = criterion in ("running statistics", "recurrent state")
    expected = 1e-12 if tight else 1e-10
    assert compare.bound(model, criterion, "float64") == expected
    floor = fixture(model)["floors"][criterion]
    assert compare.bound(model, criterion, "float32") == 20 * floor
    # In optimizer steps, rounding is relative to the effect of ten steps
    assert 1e-7 < floor < (1e-4 if criterion == "optimizer steps" else 1e-5)


def test_a_model_without_a_training_mode_has_no_such_check():
    without = tuple(name for name in CHECKS if name != "training mode")
    assert checks("rnn") == without
    assert checks("mlp") == checks("language") == CHECKS
    results = dict.fromkeys(CHECKS[:4])
    rnn, mlp = (compare.Run(results, checks=checks(m)) for m in ("rnn", "mlp"))
    assert (rnn.missing, mlp.missing) == ("trajectory", "training mode")


def test_modes_are_the_fastest_of_a_bench_and_eager(tmp_path, monkeypatch):
    config = {
        "modes": ["eager", "graph", "xla"],
        "fastest": {"cpu": {"default": "graph", "rnn": "xla"}},
    }
    (tmp_path / "torch.yaml").write_text(json.dumps(config))
    monkeypatch.setattr(schedule, "CONF", tmp_path)
    assert schedule.modes("torch", "cnn") == ["eager", "graph"]
    assert schedule.modes("torch", "rnn") == ["eager", "xla"]
    assert schedule.modes("torch", "rnn", every=True) == config["modes"]


def test_xla_optimizes_float32_as_in_a_bench(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    cell = {
        "framework": {"name": "jax"},
        "device": {"name": "cpu", "threads": 1},
    }
    double, single = (
        schedule._environment(cell | {"precision": precision})
        for precision in PRECISIONS
    )
    expected = f"--xla_dump_to=x {schedule.UNOPTIMIZED}"
    assert double["XLA_FLAGS"] == expected
    assert "XLA_FLAGS" not in single


def test_an_absent_framework_is_skipped_with_its_reason(monkeypatch):
    monkeypatch.setattr(
        schedule.interpreters, "interpreter", lambda name: "/no/python"
    )
    key = Implementation("torch", "eager", "rnn", "float64")
    runs = schedule.run_all([key, key._replace(model="cnn")])
    assert [run.absent for run in runs.values()] == [True, True]
    assert "'/no/python' cannot be started" in runs[key].problem
    assert not compare.rows("rnn", "float64", {key.label: runs[key]})


def test_an_interruption_ends_every_worker_at_once():
    keys = schedule.implementations(["rnn"], precisions=["float64"])

    def log(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        schedule.run_all(keys, log)
    assert not psutil.Process().children()


def test_after_a_failure_the_next_implementation_runs():
    bad = Implementation("torch", "nonsense", "rnn", "float64")
    good = bad._replace(mode="eager")
    lines = []
    runs = schedule.run_all([bad, good], lines.append)
    assert "mode 'nonsense': expected one of eager, compiled" in lines[0]
    assert "check 'names and shapes' failed" in lines[0]
    assert set(runs[good].results) == set(checks("rnn"))
    labels = {key.label: run for key, run in runs.items()}
    rows = compare.rows("rnn", "float64", labels)
    first = [row for row in rows if row["left"] == "torch-nonsense"]
    assert [row["check"] for row in first] == ["names and shapes"]
    assert first[0]["error"] > 1e300 and "nonsense" in first[0]["array"]
