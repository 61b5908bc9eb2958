"""Slide 8's argument, tested on real images: similar, or large product?

The slide calls a patch x and a filter w similar where ||x - w||^2 is small, and
concludes from ||x - w||^2 = ||x||^2 - 2 x.w + ||w||^2 that x.w is then large.
That leaves out ||x||^2, which differs from patch to patch: a bright patch has a
large product with a filter that it does not resemble. Among patches of equal
norm the conclusion always holds.
"""

import math

import numpy as np
from scipy.stats import spearmanr

from benchmarks.records.metric import Metric, metric, summary

RESOLUTION = 5  # decimals, relative to the largest value: float32 has no more
BLANK = 1e-6  # share of the largest norm below which a patch is constant


def similarity(
    images: np.ndarray, kernel: np.ndarray, products: np.ndarray
) -> dict[str, Metric]:
    """How far the slide's argument holds for the patches of real images.

    images (image, height, width, channel), kernel (row, column, channel,
    filter), products (image, row, column, filter): inner products without a
    bias, computed by a framework. Metrics:

    `similarity_error`: the difference between both sides of the identity,
    relative to ||x||^2 + ||w||^2, the largest over patches and filters;
    `similarity_rank_correlation`: Spearman's between -||x - w||^2 and x.w over
    all patches, the median over filters; `_lowest`, `_highest`: of one filter;
    `_normed`: the median for patches scaled to norm 1, where it must be 1.
    Raises ValueError for products of another shape.
    """
    patches = _patches(np.asarray(images, np.float64), kernel.shape[:2])
    shape = (*patches.shape[:3], kernel.shape[3])
    if np.shape(products) != shape:
        raise ValueError(f"products {np.shape(products)}: expected {shape}")
    x = patches.reshape(-1, patches.shape[3])  # (patch, pixel)
    w = np.asarray(kernel, np.float64).reshape(len(x[0]), -1).T
    dots = np.asarray(products, np.float64).reshape(len(x), -1)
    squares, norms = (x**2).sum(1), (w**2).sum(1)
    distances = np.stack([((x - f) ** 2).sum(1) for f in w], 1)
    scale = squares[:, None] + norms
    error = np.abs(distances - (scale - 2 * dots)) / scale
    plain = [_ranked(-distances[:, f], dots[:, f]) for f in range(len(w))]
    kept = squares > BLANK**2 * squares.max()
    lengths = np.sqrt(squares[kept])[:, None]
    unit, scaled = x[kept] / lengths, dots[kept] / lengths
    normed = [
        _ranked(-((unit - w[f]) ** 2).sum(1), scaled[:, f])
        for f in range(len(w))
    ]
    name, kind = "similarity_rank_correlation", "correlation"
    over = f"filters, each over {len(x):,} patches"
    over_kept = f"filters, each over {len(unit):,} patches"
    return {
        "similarity_error": metric(
            float(error.max()), "fraction", over=f"{error.size:,} products"
        ),
        name: summary(plain, kind, over),
        f"{name}_lowest": metric(min(plain), kind, over=over),
        f"{name}_highest": metric(max(plain), kind, over=over),
        f"{name}_normed": summary(normed, kind, over_kept),
    }


def _patches(images: np.ndarray, field: tuple[int, ...]) -> np.ndarray:
    """(image, row, column, pixel), the pixels in the order of a kernel."""
    windows = np.lib.stride_tricks.sliding_window_view(images, field, (1, 2))
    ordered = windows.transpose(0, 1, 2, 4, 5, 3)
    return ordered.reshape(*ordered.shape[:3], -1)


def _ranked(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rank correlation of two (patch,); NaN for constant values."""
    rounded = _rounded(x), _rounded(y)
    if any(np.ptp(values) == 0 for values in rounded):
        return math.nan
    return float(spearmanr(*rounded).statistic)


def _rounded(values: np.ndarray) -> np.ndarray:
    """Values that differ by rounding errors alone become ties."""
    largest = np.abs(values).max() or 1.0
    rounded: np.ndarray = np.round(values / largest, RESOLUTION)
    return rounded
