"""The filters of slide 7 are given; what images cannot have is refused."""

from dataclasses import replace

import numpy as np
import pytest

import impls
from benchmarks.config.compose import compose
from benchmarks.errors import UserError
from impls import init
from impls.filters import reference
from impls.filters.spec import Spec
from tests.support.implementations import USUAL, case, importorskip


@pytest.mark.parametrize(("framework", "mode"), USUAL)
def test_every_column_begins_with_the_filters_of_the_slide(framework, mode):
    importorskip(framework)
    setting = case("filters").setting(mode=mode)
    spec = Spec(height=5, width=6)
    runner = impls.build("filters", framework, spec, setting)
    params = runner.params()
    mean, edge = np.moveaxis(params["first.kernel"][:, :, 0], -1, 0)
    np.testing.assert_array_equal(mean, np.full((3, 3), 1 / 9))
    np.testing.assert_array_equal(edge, [[-1, 0, 1]] * 3)
    assert not params["first.bias"].any()
    image = np.arange(30.0).reshape(1, 5, 6, 1)
    batch = spec.example(1)._replace(inputs=(image,))
    maps = runner.logits(runner.place(batch))
    # A slope of one per column: the middle of a patch, and three times two
    np.testing.assert_allclose(maps[..., 0], image[:, 1:-1, 1:-1, 0])
    np.testing.assert_allclose(maps[..., 1], np.full((1, 3, 4), 6))


def test_filters_see_the_mean_of_all_channels():
    """A grey image in three channels has the maps of one."""
    grey = np.random.default_rng(0).random((2, 7, 9, 1))
    one, three = Spec(7, 9), Spec(7, 9, channels=3)
    expected = reference.logits(one, init.draw(one, 0), grey)
    actual = reference.logits(three, init.draw(three, 0), grey.repeat(3, -1))
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


def test_drawn_filters_are_those_of_any_layer():
    spec, network = Spec(filters=16, drawn=True), impls.spec("cnn")()
    drawn, expected = init.draw(spec, 3), init.draw(network, 3)
    for name in spec.shapes():
        np.testing.assert_array_equal(drawn[name], expected[name])
    assert not np.array_equal(
        drawn["first.kernel"], init.draw(spec, 4)["first.kernel"]
    )


@pytest.mark.parametrize("changed", [{"filters": 3}, {"kernel": 5}])
def test_other_filters_than_the_slides_have_to_be_drawn(changed):
    with pytest.raises(ValueError, match="drawn: true"):
        Spec(**changed)
    assert replace(Spec(drawn=True), **changed).initial() == {}


def test_another_pooling_is_refused_by_name():
    with pytest.raises(UserError, match="'mean': expected one of average, max"):
        compose("workload=cnn", "workload.spec.pooling=mean")


def test_phases_of_average_pooling_differ_in_that_alone():
    cell, _ = compose("workload=cnn_average")
    maximum, average = cell["workload"]["phases"].values()
    assert maximum["spec"] | {"pooling": "average"} == average["spec"]
    assert {**maximum, "spec": None} == {**average, "spec": None}
