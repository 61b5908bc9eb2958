"""Slide 8: how far similar patches are those of a large inner product."""

import numpy as np
import pytest

import impls
from benchmarks.passes.patch_similarity import similarity
from impls.cnn.reference import convolve

NAME = "similarity_rank_correlation"


def images(channels=1, seed=0):
    """Bright and dark patches, edges, and a part that is black."""
    random = np.random.default_rng(seed)
    image = random.random((3, 9, 11, channels))
    image *= np.linspace(0, 4, 11)[:, None]
    image[:, :4, :5] = 0
    return image.astype(np.float32)


def slide(channels=1):
    spec = impls.spec("filters")(channels=channels)
    return np.float32(spec.initial()["first.kernel"])


def measured(image, kernel, products=None):
    if products is None:
        products = convolve(np.float64(image), kernel).astype(np.float32)
    metrics = similarity(image, kernel, products)
    return {name: metric["value"] for name, metric in metrics.items()}


@pytest.mark.parametrize("channels", [1, 3])
def test_the_identity_of_slide_8_holds(channels):
    kernel = np.random.default_rng(1).normal(size=(2, 4, channels, 5))
    values = measured(images(channels), kernel)
    assert 0 < values["similarity_error"] < 1e-6


def test_wrong_products_have_a_large_error():
    """Those of the next filter, and of the filter turned round."""
    image, kernel = images(), slide()
    for other in (kernel[..., ::-1], kernel[::-1, ::-1]):
        products = convolve(np.float64(image), other)
        assert measured(image, kernel, products)["similarity_error"] > 0.1


def test_among_patches_of_one_norm_similar_means_large():
    """Exactly, where neither rounding nor the number of channels matters."""
    for channels in (1, 3):
        kernel = np.random.default_rng(2).normal(size=(3, 3, channels, 7))
        for filters in (kernel, slide(channels)):
            values = measured(images(channels), filters)
            assert values[f"{NAME}_normed"] == pytest.approx(1, abs=1e-6)


def test_among_all_patches_a_bright_one_has_the_large_product():
    """The mean filter: what is bright is both far from it, and large."""
    values = measured(images(), slide()[..., :1])
    assert values[NAME] < -0.9
    assert values[NAME] == values[f"{NAME}_lowest"] == values[f"{NAME}_highest"]
    assert values[f"{NAME}_normed"] == pytest.approx(1, abs=1e-6)


def test_the_rank_correlation_is_spearmans():
    """Of three patches of one pixel and the filter 2: by hand."""
    image = np.array([1.0, 3.0, 5.0]).reshape(1, 3, 1, 1)
    kernel = np.full((1, 1, 1, 1), 2.0)
    # -||x - w||^2: -1 -1 -9, ranks 2.5 2.5 1; products 2 6 10, ranks 1 2 3
    values = measured(image, kernel)
    assert values[NAME] == pytest.approx(-np.sqrt(3) / 2)
    # Of length one they are all the same
    assert values[f"{NAME}_normed"] is None


def test_the_median_is_over_filters():
    image = images()
    kernel = np.random.default_rng(3).normal(size=(3, 3, 1, 9))
    each = [measured(image, kernel[..., [f]])[NAME] for f in range(9)]
    metrics = similarity(image, kernel, convolve(image, kernel))
    values = {name: metric["value"] for name, metric in metrics.items()}
    assert values[NAME] == pytest.approx(np.median(each), abs=1e-6)
    assert values[f"{NAME}_lowest"] == pytest.approx(min(each), abs=1e-6)
    assert values[f"{NAME}_highest"] == pytest.approx(max(each), abs=1e-6)
    low, high = metrics[NAME]["low"], metrics[NAME]["high"]
    assert min(each) - 1e-6 <= low < values[NAME] < high <= max(each) + 1e-6


def test_products_of_another_shape_are_refused():
    image, kernel = images(), slide()
    padded = np.zeros((3, 9, 11, 2))
    with pytest.raises(ValueError, match=r"expected \(3, 7, 9, 2\)"):
        similarity(image, kernel, padded)
