"""Filters and feature maps as pictures (slides 7 and 8).

Every picture is scaled by itself: a filter by its largest weight, a map by
its largest value after ReLU.
"""

import base64
import io
from itertools import chain
from typing import Any

import numpy as np
from PIL import Image

from reports.blocks import Gallery
from reports.results.format import listed
from reports.results.frame import Bench
from reports.results.titles import SLIDE, framework_title
from reports.results.workload import Workload

ALIKE = 8  # of 255 shades: a difference that cannot be seen
TITLES = {"slide": ["mean filter", "edge filter"]}  # the given filters
COLD, MIDDLE, WARM = (
    np.array(color, float)
    for color in ((49, 84, 166), (247, 246, 243), (190, 60, 28))
)
Arrays = dict[str, np.ndarray]
Drawn = tuple[list[np.ndarray], list[list[np.ndarray]]]  # filters, maps


def galleries(bench: Bench, workload: Workload) -> list[Gallery]:
    """Pictures in rows under their heads.

    From one framework where those of the others look the same, else from
    each. Pictures that cannot be read are listed with the reason.
    """
    kept = [
        (row, bench.pictures[record])
        for row in workload.rows
        for record in row.cells["record"]
        if record in bench.pictures and row.framework != SLIDE
    ]
    lost = [
        Gallery(f"{framework_title(row.framework)}: {name}", reason=reason)
        for row, pictures in kept
        for name, reason in pictures.lost.items()
    ]
    arrays = {framework_title(row.framework): own.arrays for row, own in kept}
    phases = dict.fromkeys(phase for row, _ in kept for phase in row.phases)
    return [g for phase in phases for g in _phase(phase, arrays)] + lost


def _phase(phase: str, kept: dict[str, Arrays]) -> list[Gallery]:
    """Filters and maps of a phase, of as many frameworks as differ."""
    drawn = {
        name: _drawn(arrays[f"{phase}.kernel"], arrays[f"{phase}.maps"])
        for name, arrays in kept.items()
        if {f"{phase}.kernel", f"{phase}.maps"} <= set(arrays)
    }
    shown, note = list(drawn), ""
    if len(drawn) > 1:
        apart = _apart(list(drawn.values()))
        note = f" They differ by up to {apart} of 255 shades."
        if apart <= ALIKE:
            shown = shown[:1]
            note = f" {listed(drawn)} look the same: no pixel differs"
            note += f" by more than {apart} of 255 shades." if apart else "."
    return [
        gallery
        for name in shown
        for gallery in (
            _filters(phase, name, drawn[name], note),
            _maps(phase, name, drawn[name], kept[name].get("images"), note),
        )
    ]


def _drawn(kernel: np.ndarray, maps: np.ndarray) -> Drawn:
    """The filters as pictures, and of each image the maps."""
    filters = np.moveaxis(kernel.mean(axis=2), -1, 0)  # mean of channels
    return (
        [signed(weights) for weights in filters],
        [[grays(m) for m in np.moveaxis(own, -1, 0)] for own in maps],
    )


def _apart(drawn: list[Drawn]) -> int:
    """The largest difference between frameworks' pictures, in shades."""
    first, *others = [
        np.concatenate([pixels.ravel() for pixels in (*filters, *chain(*maps))])
        for filters, maps in drawn
    ]
    return max(int(np.abs(first - other.astype(int)).max()) for other in others)


def _filters(phase: str, name: str, drawn: Drawn, note: str) -> Gallery:
    filters, _ = drawn
    heads = _heads(phase, len(filters))
    height, width, _ = filters[0].shape
    kind = "The given filters" if phase in TITLES else "First-layer filters"
    return Gallery(
        f"{kind}, {height} × {width}: {phase}, {name}",
        "Red: weight above 0, blue: below, each filter relative to its largest"
        f" weight; one seed, so without interval.{note}",
        heads,
        [("", [*map(_cell, filters, heads)])],
        "kernel",
    )


def _maps(
    phase: str,
    name: str,
    drawn: Drawn,
    images: np.ndarray | None,
    note: str,
) -> Gallery:
    filters, maps = drawn
    heads, grid = [*_heads(phase, len(filters))], []
    for number, own in enumerate(maps):
        image = f"image {number + 1}"
        cells = [
            _cell(m, f"{image}, {head}")
            for m, head in zip(own, heads, strict=True)
        ]
        if images is not None:
            cells.insert(0, _cell(grays(images[number]), image))
        grid.append(cells)
    if images is not None:
        heads.insert(0, "image")
    rows = [("", cells) for cells in grid]
    if len(heads) < len(grid):  # wide rather than high
        columns = zip(*grid, strict=True)
        rows = [
            (head, [*own]) for head, own in zip(heads, columns, strict=True)
        ]
        heads = []
    return Gallery(
        f"Feature maps: {phase}, {name}",
        "Test images and the output of each filter after ReLU: white is the"
        f" largest value of a map; one seed.{note}",
        heads,
        rows,
        "maps",
    )


def _cell(pixels: np.ndarray, title: str) -> dict[str, Any]:
    return {"uri": uri(pixels), "title": title}


def _heads(phase: str, count: int) -> list[str]:
    """The names of a phase's filters; numbers where they have none."""
    return TITLES.get(phase, [str(number + 1) for number in range(count)])


def uri(pixels: np.ndarray) -> str:
    """(height, width[, 3]) of 8 bits -> an address that holds a PNG."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    text = base64.b64encode(content.getvalue()).decode()
    return f"data:image/png;base64,{text}"


def grays(values: np.ndarray) -> np.ndarray:
    """(height, width) from 0 and below (black) to the largest (white)."""
    highest = float(values.max())
    scaled = np.clip(values / highest if highest > 0 else 0 * values, 0, 1)
    return np.round(255 * scaled).astype(np.uint8)


def signed(values: np.ndarray) -> np.ndarray:
    """(height, width) -> colors: blue below 0, red above, 0 near white."""
    largest = float(np.abs(values).max()) or 1.0
    share = np.clip(values / largest, -1, 1)[..., None]
    far = np.where(share < 0, COLD, WARM)
    return np.round(MIDDLE + np.abs(share) * (far - MIDDLE)).astype(np.uint8)
