"""Filters and feature maps as pictures (slides 7 and 8).

Every picture is scaled by itself: a filter by its largest weight, a map by
its largest value after ReLU.
"""

from typing import Any

import numpy as np

from reports.html import png
from reports.results.curves import Pictures
from reports.results.format import listed
from reports.results.frame import Bench
from reports.results.rows import Row, Workload
from reports.results.titles import SLIDE, framework_title

ALIKE = 8  # of 255 shades: a difference that nobody sees
TITLES = {"slide": ("mean filter", "edge filter")}  # the given filters
Gallery = dict[str, Any]


def galleries(bench: Bench, workload: Workload) -> list[Gallery]:
    """What the templates print: pictures in rows under their heads.

    From one framework where the others' look the same, else from each.
    What a record lists and cannot be read is told in its place.
    """
    found = []
    for row in workload.rows:
        for record in row.cells["record"]:
            if record in bench.pictures and row.framework != SLIDE:
                found.append((row, bench.pictures[record]))
    lost = [
        {"title": f"{framework_title(row.framework)}: {name}", "reason": why}
        for row, pictures in found
        for name, why in pictures.lost.items()
    ]
    shown = [one for phase in _phases(found) for one in _phase(phase, found)]
    return [*shown, *lost]


def _phases(found: list[tuple[Row, Pictures]]) -> list[str]:
    """Phases that kept pictures, in the order of the training."""
    names = {
        name.split(".")[0]
        for _, pictures in found
        for name in pictures.arrays
        if "." in name
    }
    order = dict.fromkeys(phase for row, _ in found for phase in row.phases)
    return [phase for phase in order if phase in names]


def _phase(phase: str, found: list[tuple[Row, Pictures]]) -> list[Gallery]:
    """Filters and maps of a phase, of as many frameworks as differ."""
    own = [
        (framework_title(row.framework), pictures.arrays)
        for row, pictures in found
        if f"{phase}.kernel" in pictures.arrays
        and f"{phase}.maps" in pictures.arrays
    ]
    shown, note = own, ""
    if len(own) > 1:
        most = max(_apart(phase, own[0][1], other) for _, other in own[1:])
        names = listed(name for name, _ in own)
        if most <= ALIKE:
            shown = own[:1]
            note = f" {names} look the same: no pixel differs"
            note += f" by more than {most} of 255 shades." if most else "."
        else:
            note = f" They differ by up to {most} of 255 shades."
    return [
        gallery
        for name, arrays in shown
        for gallery in (
            _filters(phase, name, arrays, note),
            _maps(phase, name, arrays, note),
        )
    ]


def _filters(
    phase: str, name: str, arrays: dict[str, np.ndarray], note: str
) -> Gallery:
    kernel = _flat(arrays[f"{phase}.kernel"])
    height, width, count = kernel.shape
    cells = [
        {
            "uri": png.uri(png.signed(kernel[..., number])),
            "title": _title(phase, number),
        }
        for number in range(count)
    ]
    what = "The given filters" if phase in TITLES else "First-layer filters"
    return {
        "title": f"{what}, {height} × {width}: {phase}, {name}",
        "caption": "Red: weight above 0, blue: below, each filter by its"
        f" largest weight; one seed, so without interval.{note}",
        "heads": [_title(phase, number) for number in range(count)],
        "rows": [{"head": "", "cells": cells}],
        "kind": "kernel",
        "reason": "",
    }


def _maps(
    phase: str, name: str, arrays: dict[str, np.ndarray], note: str
) -> Gallery:
    maps = arrays[f"{phase}.maps"]
    images = arrays.get("images", maps[:0])[: len(maps)]
    heads = [_title(phase, number) for number in range(maps.shape[-1])]
    numbered = [f"image {number + 1}" for number in range(len(maps))]
    grid = [
        [
            {
                "uri": png.uri(png.greys(own[..., k])),
                "title": f"{image}, {head}",
            }
            for k, head in enumerate(heads)
        ]
        for image, own in zip(numbered, maps, strict=True)
    ]
    if len(images) == len(maps):
        heads = ["image", *heads]
        for image, pixels, cells in zip(numbered, images, grid, strict=True):
            uri = png.uri(png.greys(pixels))
            cells.insert(0, {"uri": uri, "title": image})
    rows = [{"head": "", "cells": cells} for cells in grid]
    if len(heads) < len(grid):  # wide rather than high
        turned = zip(heads, zip(*grid, strict=True), strict=True)
        rows = [{"head": head, "cells": list(own)} for head, own in turned]
        heads = []
    return {
        "title": f"Feature maps: {phase}, {name}",
        "caption": "Test images and what each filter finds in them, after"
        f" ReLU: white is the largest value of a map; one seed.{note}",
        "heads": heads,
        "rows": rows,
        "kind": "maps",
        "reason": "",
    }


def _apart(
    phase: str, one: dict[str, np.ndarray], other: dict[str, np.ndarray]
) -> int:
    """The largest difference of two frameworks' pictures, in shades."""
    pairs = zip(_drawn(phase, one), _drawn(phase, other), strict=True)
    return max(int(np.abs(mine - theirs).max()) for mine, theirs in pairs)


def _drawn(phase: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """All pictures of a phase as drawn, in numbers that have signs."""
    kernel, maps = arrays[f"{phase}.kernel"], arrays[f"{phase}.maps"]
    filters = [png.signed(one) for one in np.moveaxis(_flat(kernel), -1, 0)]
    found = [
        png.greys(one[..., k]) for one in maps for k in range(len(filters))
    ]
    return [one.astype(int) for one in (*filters, *found)]


def _flat(kernel: np.ndarray) -> np.ndarray:
    """(row, column, channel, filter) -> the mean over its channels."""
    flat: np.ndarray = kernel.mean(axis=2)
    return flat


def _title(phase: str, number: int) -> str:
    known = TITLES.get(phase, ())
    return known[number] if number < len(known) else f"{number + 1}"
