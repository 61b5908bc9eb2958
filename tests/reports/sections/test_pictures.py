"""Pictures: whole PNGs, the right colours, one framework or all of them."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from reports.results.curves import Pictures
from reports.results.frame import Bench
from reports.sections import pictures
from tests.support import synthetic_phases
from tests.support.synthetic_rows import row, workload


def read(uri: str) -> np.ndarray:
    """A PNG in a data URI back to pixels."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3, 3), (1, 1)])
def test_pixels_survive(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(read(pictures.uri(pixels)), pixels)


def test_grays_are_after_relu():
    shown = pictures.grays(np.array([[-3.0, 0.0], [1.0, 2.0]]))
    assert shown.tolist() == [[0, 0], [128, 255]]
    assert pictures.grays(np.array([[-1.0, 0.0]])).tolist() == [[0, 0]]


def test_signs_have_colours():
    blue, middle, red = pictures.signed(np.array([[-2.0, 0.0, 2.0]]))[
        0
    ].tolist()
    assert blue == pictures.COLD.tolist() and red == pictures.WARM.tolist()
    assert middle == pictures.MIDDLE.tolist()
    weak = pictures.signed(np.array([[1.0, 2.0]]))[0][0].tolist()
    assert weak == np.round((pictures.MIDDLE + pictures.WARM) / 2).tolist()


def galleries(*kept):
    """Of as many frameworks as pictures are given."""
    frameworks = ("torch", "jax")[: len(kept)]
    phases = ("slide", "cnn", "maps")
    rows = []
    for name in frameworks:
        kept_row = row({"cnn.test_accuracy": [0.9]}, name, phases)
        cells = kept_row.cells.assign(record=name)
        details = {name: kept_row.details["r0"]}
        rows.append(replace(kept_row, cells=cells, details=details))
    bench = Bench({}, None, None, {}, dict(zip(frameworks, kept, strict=True)))
    return pictures.galleries(bench, workload("filters", *rows))


def arrays(**changes):
    return Pictures(synthetic_phases.pictures(1) | changes)


def test_filters_and_maps_of_every_phase():
    shown = galleries(arrays())
    assert [gallery.title for gallery in shown] == [
        "The given filters, 3 × 3: slide, PyTorch",
        "Feature maps: slide, PyTorch",
        "First-layer filters, 3 × 3: maps, PyTorch",
        "Feature maps: maps, PyTorch",
    ]
    assert shown[1].heads == ["image", "mean filter", "edge filter"]
    assert len(shown[3].rows) == synthetic_phases.IMAGES
    assert len(shown[3].rows[0][1]) == 1 + synthetic_phases.FILTERS


def test_many_images_of_few_filters_lie_in_rows_of_images():
    many = synthetic_phases.pictures(1)
    for name in ("slide.maps", "images"):
        many[name] = np.concatenate([many[name]] * 2)
    (_, shown, *_) = galleries(Pictures(many))
    assert [head for head, _ in shown.rows] == [
        "image",
        "mean filter",
        "edge filter",
    ]
    assert {len(cells) for _, cells in shown.rows} == {6}
    assert shown.rows[2][1][5]["title"] == "image 6, edge filter"


def test_a_picture_shows_its_array():
    shown = galleries(arrays())
    pixels = read(shown[3].rows[2][1][1]["uri"])
    expected = synthetic_phases.pictures(1)["maps.maps"][2, :, :, 0]
    assert np.array_equal(pixels, pictures.grays(expected))


def test_what_looks_the_same_is_shown_once_and_said():
    shown = galleries(arrays(), arrays())
    assert len(shown) == 4
    assert "PyTorch and JAX look the same: no pixel differs." in (
        shown[2].caption
    )
    near = synthetic_phases.pictures(1)["maps.kernel"] + 0.01
    shown = galleries(arrays(), arrays(**{"maps.kernel": near}))
    assert len(shown) == 4 and "differs by more than" in shown[2].caption


def test_what_differs_is_shown_of_each():
    other = -synthetic_phases.pictures(1)["maps.kernel"]
    shown = galleries(arrays(), arrays(**{"maps.kernel": other}))
    titles = [gallery.title for gallery in shown]
    assert len(shown) == 6
    assert "First-layer filters, 3 × 3: maps, JAX" in titles
    assert "They differ by up to" in shown[-1].caption


def test_a_lost_picture_is_told():
    lost = Pictures(lost={"maps.kernel": "no such file"})
    (shown,) = galleries(lost)
    assert shown.title == "PyTorch: maps.kernel"
    assert "no such file" in shown.reason
