"""Slide 8's argument, held against real images: similar, or large product?

The slide calls a patch x and a filter w similar where ||x - w||^2 is small, and
concludes from ||x - w||^2 = ||x||^2 - 2 x.w + ||w||^2 that x.w is then large.
That leaves out ||x||^2, which differs from patch to patch: a bright patch has a
large product with a filter that it is nothing like. Among patches of one norm
the conclusion holds without exception.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import spearmanr

from benchmarks.records.metric import Metric, metric, summary

RESOLUTION = 5  # decimals of the largest: float32 tells ties to no more
BLANK = 1e-6  # a patch of a norm below this share of the largest has no form


def similarity(
    images: np.ndarray, kernel: np.ndarray, products: np.ndarray
) -> dict[str, Metric]:
    """How far the slide's argument holds for every patch of real images.

    images (image, height, width, channel), kernel (row, column, channel,
    filter), products (image, row, column, filter): inner products, without a
    bias, as a framework computed them. Metrics:

    `similarity_error`: by how much the two sides of the identity differ,
    relative to ||x||^2 + ||w||^2, the largest over patches and filters;
    `similarity_rank_correlation`: Spearman's between -||x - w||^2 and x.w over
    all patches, the median over filters; `_lowest`, `_highest`: of one filter;
    `_normed`: the median for patches scaled to length one, where it must be 1.
    Raises ValueError for products of another shape.
    """
    patches = _patches(np.asarray(images, np.float64), kernel.shape[:2])
    shape = (*patches.shape[:3], kernel.shape[3])
    if np.shape(products) != shape:
        raise ValueError(f"products {np.shape(products)}: expected {shape}")
    x = patches.reshape(-1, patches.shape[3])  # (patch, pixel)
    w = np.asarray(kernel, np.float64).reshape(len(x[0]), -1).T
    told = np.asarray(products, np.float64).reshape(len(x), -1)
    squares, norms = (x**2).sum(1), (w**2).sum(1)
    distances = np.stack([((x - one) ** 2).sum(1) for one in w], 1)
    scale = squares[:, None] + norms
    error = np.abs(distances - (scale - 2 * told)) / scale
    plain = [_ranked(-distances[:, f], told[:, f]) for f in range(len(w))]
    formed = squares > BLANK**2 * squares.max()
    lengths = np.sqrt(squares[formed])[:, None]
    unit, scaled = x[formed] / lengths, told[formed] / lengths
    normed = [
        _ranked(-((unit - one) ** 2).sum(1), scaled[:, f])
        for f, one in enumerate(w)
    ]
    name = "similarity_rank_correlation"
    return {
        "similarity_error": metric(
            float(error.max()), "fraction", over=f"{error.size:,} products"
        ),
        **_over_filters(name, plain, len(x)),
        f"{name}_normed": _over_filters(name, normed, len(unit))[name],
    }


def _over_filters(
    name: str, correlations: Sequence[float], patches: int
) -> dict[str, Metric]:
    over = f"filters, each over {patches:,} patches"
    lowest, highest = min(correlations), max(correlations)
    return {
        name: summary(correlations, "correlation", over),
        f"{name}_lowest": metric(lowest, "correlation", over=over),
        f"{name}_highest": metric(highest, "correlation", over=over),
    }


def _patches(images: np.ndarray, field: tuple[int, ...]) -> np.ndarray:
    """(image, row, column, pixel): a filter's pixels, in a kernel's order."""
    windows = np.lib.stride_tricks.sliding_window_view(images, field, (1, 2))
    ordered = windows.transpose(0, 1, 2, 4, 5, 3)
    return ordered.reshape(*ordered.shape[:3], -1)


def _ranked(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation of two (patch,); NaN where all are alike."""
    ties = _told_apart(one), _told_apart(other)
    if any(np.ptp(each) == 0 for each in ties):
        return math.nan
    return float(spearmanr(*ties).statistic)


def _told_apart(values: np.ndarray) -> np.ndarray:
    """What rounding alone sets apart becomes a tie."""
    largest = np.abs(values).max() or 1.0
    rounded: np.ndarray = np.round(values / largest, RESOLUTION)
    return rounded
