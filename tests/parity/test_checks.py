"""All columns of a model compute the same, and what its reference says."""

import json
from itertools import chain, combinations

import numpy as np
import psutil
import pytest

import impls
from benchmarks.config import phases
from benchmarks.parity import compare, schedule
from benchmarks.parity import reference as oracle
from benchmarks.parity.case import RUNGS, Case, facts, rungs, variants
from benchmarks.parity.schedule import Place
from tests.support.columns import case, runner

PRECISIONS = ("float64", "float32")
COUNTS = "pool", "depth"  # of places and layers: the sides of no array
LOOPED = "lstm", "language"
HELD = "seq2seq"  # by `attention`, which is the same and more
HALVED = "seq2seq", "attention"  # two directions have half of `hidden` each


def columns(every):
    """(model or variant, precision) -> its places."""
    found = {}
    for place in schedule.places(every=every):
        found.setdefault((place.model, place.precision), []).append(place)
    return found


def quick(place):
    """Not those that compile for long, or show what others do.

    Two models' loops, in float64, are those of all, which share
    `impls/sequences`: one starts at zero, one goes on from a state. In
    float32, which is there to see a loss of digits, it is the mode that a
    bench takes, of models alone, not of their variants.
    """
    model = place.model
    if place.precision == "float32":
        own = model in impls.MODELS and model != HELD
        return own and place.mode == phases.fastest(
            place.framework, model, "cpu"
        )
    return place.mode != "loop" or model in LOOPED


def cases(groups_of):
    """Rungs over places; slow where one of them is not `quick`."""
    found = []
    usual = set(filter(quick, chain(*columns(False).values())))
    for places in columns(True).values():
        for group in groups_of(places):
            marks = [] if usual.issuperset(group) else [pytest.mark.slow]
            first = group[0]
            names = "-".join(place.column for place in group)
            for rung in rungs(first.model):
                name = f"{first.model}-{names}-{first.precision}-rung{rung}"
                one = pytest.param(group, rung, id=name, marks=marks)
                found.append(one)
    return found


@pytest.fixture(scope="module")
def ladder(request):
    """Every place that a selected test asks for, climbed side by side."""
    wanted = dict.fromkeys(
        place
        for item in request.session.items
        if hasattr(item, "callspec")
        for place in item.callspec.params.get("group", ())
    )
    return schedule.gather(wanted)


def reached(ladder, place, rung):
    climb = ladder[place]
    if climb.absent:
        pytest.skip(climb.problem)
    if rung not in climb.steps:
        pytest.fail(f"stopped at rung {climb.missed}: {climb.problem}")
    return climb.steps[rung]


def hold(place, worst):
    for held, (error, array) in worst.items():
        bound = compare.bound(place.model, held, place.precision)
        assert error <= bound, f"{array}: {error:.2g} apart, bound {bound:.2g}"


@pytest.mark.parametrize(
    ("group", "rung"), cases(lambda some: [(place,) for place in some])
)
def test_a_column_computes_what_its_reference_says(ladder, group, rung):
    step = reached(ladder, group[0], rung)
    hold(group[0], compare.against(step))


@pytest.mark.parametrize(
    ("group", "rung"), cases(lambda places: combinations(places, 2))
)
def test_two_columns_compute_the_same(ladder, group, rung):
    one, other = (reached(ladder, place, rung).found for place in group)
    hold(group[0], compare.by_part(rung, one, other))


@pytest.mark.parametrize("model", variants())
def test_sizes_are_odd_and_no_two_are_alike(model):
    known = facts(model)
    sizes = {
        name: size
        for name, size in known["sizes"].items()
        if isinstance(size, int) and name not in COUNTS
    }
    if model in HALVED:
        others = {size for name, size in sizes.items() if name != "hidden"}
        assert sizes["hidden"] not in others
        sizes["hidden"] //= 2
    sizes["batch"] = known["batch"]
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
    for one in batch.inputs:
        if one.ndim > 1:  # else one number of each example
            assert 0 < np.mean(one == 0) < 0.5
    assert not np.array_equal(batch.inputs[0], point.batch(1).inputs[0])


@pytest.mark.parametrize(
    "model", [name for name in variants() if facts(name).get("clip")]
)
def test_clipping_acts_in_some_steps(model):
    """By the lengths of gradients at the point that rung 4 starts from."""
    point, one = case(model), runner(model, "torch", "eager")
    one.load(point.kinked)
    factors = [
        oracle.clipped(one.gradients(one.place(batch))[1], point.clip)
        for batch in map(point.batch, range(10))
    ]
    assert min(factors) < 0.98 and max(factors) == 1, factors


@pytest.mark.parametrize("model", variants())
def test_no_array_is_too_small_for_its_bound(model):
    """Below SMALL an array would pass whatever it held."""
    point = Case(model, "float64")
    for name, slope in point.slopes.items():
        assert np.abs(slope).max() > 10 * compare.SMALL, name


def test_kinks_are_ties_between_places_that_saw_different_things():
    from impls.cnn import reference

    point = Case("cnn", "float64")
    kernel = point.kinked["first.kernel"]
    bias = point.kinked["first.bias"]
    image = point.batch(0).inputs[0].astype(np.float64)
    x = reference.convolve(image, kernel) + bias
    assert (x[..., 0] == bias[0]).all() and bias[0] > 0  # every maximum ties
    assert (x[..., 1] == 0).all()  # on the kink of every ReLU
    assert np.std(image[:, ::2], (0, 1, 2)).min() > 0.1


def test_the_bound_of_bits_is_none_at_all():
    for precision in PRECISIONS:
        assert compare.bound("cnn", "", precision) == 0
    assert compare.part(1, "head.kernel") == ""
    assert compare.part(5, "norm.mean, frozen") == ""
    assert compare.part(5, "norm.mean, running") == "5 running"
    assert compare.part(5, "trained 1 cell, carried") == "5 carried"
    assert compare.part(5, "norm.scale, along") == "5"


@pytest.mark.parametrize(
    ("model", "held"),
    [(name, held) for name in variants() for held in compare.parts(name)],
)
def test_bounds_are_what_the_house_agreed_on(model, held):
    tight = held in ("5 running", "5 carried")
    assert compare.bound(model, held, "float64") == (1e-12 if tight else 1e-10)
    floor = facts(model)["floors"][held]
    assert compare.bound(model, held, "float32") == 20 * floor
    # In rung 4 rounding is against what ten steps have moved
    assert 1e-7 < floor < (1e-4 if held == "4" else 1e-5)


def test_a_model_without_a_training_mode_has_no_fifth_rung():
    assert rungs("rnn") == (1, 2, 3, 4, 6)
    assert rungs("mlp") == RUNGS
    reached = dict.fromkeys((1, 2, 3, 4))
    assert compare.Climb(dict(reached), rungs=rungs("rnn")).missed == 6
    assert compare.Climb(dict(reached), rungs=rungs("mlp")).missed == 5


def test_columns_are_climbed_in_the_modes_that_a_bench_takes(
    tmp_path, monkeypatch
):
    told = {
        "modes": ["eager", "graph", "xla"],
        "fastest": {"cpu": {"default": "graph", "rnn": "xla"}},
    }
    (tmp_path / "torch.yaml").write_text(json.dumps(told))
    monkeypatch.setattr(schedule, "CONF", tmp_path)
    assert schedule.modes("torch", "cnn") == ["eager", "graph"]
    assert schedule.modes("torch", "rnn") == ["eager", "xla"]
    assert schedule.modes("torch", "rnn", every=True) == told["modes"]


def test_a_framework_that_is_absent_is_skipped_with_its_reason(monkeypatch):
    monkeypatch.setattr(
        schedule.installed, "interpreter", lambda name: "/no/python"
    )
    place = Place("torch", "eager", "rnn", "float64")
    said = []
    found = schedule.gather([place, place._replace(model="cnn")], said.append)
    assert [climb.absent for climb in found.values()] == [True, True]
    assert "'/no/python' cannot be started" in found[place].problem
    assert not compare.rows("rnn", "float64", {place.column: found[place]})


def test_an_interruption_ends_every_worker_at_once():
    places = schedule.places(["rnn"], precisions=["float64"])

    def say(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        schedule.gather(places, say)
    assert not psutil.Process().children()


def test_a_column_that_fails_is_told_and_the_next_one_goes_on():
    bad = Place("torch", "nonsense", "rnn", "float64")
    good = bad._replace(mode="eager")
    said = []
    found = schedule.gather([bad, good], said.append)
    assert "mode 'nonsense': expected one of eager, compiled" in said[0]
    assert "failed at rung 1" in said[0]
    assert set(found[good].steps) == set(rungs("rnn"))
    columns = {place.column: climb for place, climb in found.items()}
    rows = compare.rows("rnn", "float64", columns)
    first = [row for row in rows if row["left"] == "torch-nonsense"]
    assert [row["rung"] for row in first] == [1]
    assert first[0]["error"] > 1e300 and "nonsense" in first[0]["array"]
