"""Filters and feature maps as pictures (slides 7 and 8).

Every picture is scaled by itself: a filter by its largest weight, a map by
its largest value after ReLU.
"""

import numpy as np

from reports.blocks import Gallery
from reports.results.curves import Pictures
from reports.results.format import listed
from reports.results.frame import Bench
from reports.results.rows import Row, Workload
from reports.results.titles import SLIDE, framework_title
from reports.sections import png

ALIKE = 8  # of 255 shades: a difference that cannot be seen
TITLES = {"slide": ("mean filter", "edge filter")}  # the given filters


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
    shown = [g for phase in _phases(kept) for g in _phase(phase, kept)]
    return [*shown, *lost]


def _phases(kept: list[tuple[Row, Pictures]]) -> list[str]:
    """Phases that kept pictures, in the order of the training."""
    names = {
        name.split(".")[0]
        for _, pictures in kept
        for name in pictures.arrays
        if "." in name
    }
    order = dict.fromkeys(phase for row, _ in kept for phase in row.phases)
    return [phase for phase in order if phase in names]


def _phase(phase: str, kept: list[tuple[Row, Pictures]]) -> list[Gallery]:
    """Filters and maps of a phase, of as many frameworks as differ."""
    own = [
        (framework_title(row.framework), pictures.arrays)
        for row, pictures in kept
        if f"{phase}.kernel" in pictures.arrays
        and f"{phase}.maps" in pictures.arrays
    ]
    note = ""
    if len(own) > 1:
        apart = max(_apart(phase, own[0][1], other) for _, other in own[1:])
        names = listed(name for name, _ in own)
        if apart <= ALIKE:
            own = own[:1]
            note = f" {names} look the same: no pixel differs"
            note += f" by more than {apart} of 255 shades." if apart else "."
        else:
            note = f" They differ by up to {apart} of 255 shades."
    return [
        gallery
        for name, arrays in own
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
    heads = [_title(phase, number) for number in range(count)]
    cells = [
        {"uri": png.uri(png.signed(kernel[..., number])), "title": head}
        for number, head in enumerate(heads)
    ]
    kind = "The given filters" if phase in TITLES else "First-layer filters"
    return Gallery(
        f"{kind}, {height} × {width}: {phase}, {name}",
        "Red: weight above 0, blue: below, each filter relative to its largest"
        f" weight; one seed, so without interval.{note}",
        heads,
        [("", cells)],
        "kernel",
    )


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
                "uri": png.uri(png.grays(own[..., k])),
                "title": f"{image}, {head}",
            }
            for k, head in enumerate(heads)
        ]
        for image, own in zip(numbered, maps, strict=True)
    ]
    if len(images) == len(maps):
        heads = ["image", *heads]
        for image, pixels, cells in zip(numbered, images, grid, strict=True):
            uri = png.uri(png.grays(pixels))
            cells.insert(0, {"uri": uri, "title": image})
    rows = [("", cells) for cells in grid]
    if len(heads) < len(grid):  # wide rather than high
        turned = zip(heads, zip(*grid, strict=True), strict=True)
        rows = [(head, list(cells)) for head, cells in turned]
        heads = []
    caption = "Test images and the output of each filter after ReLU: white is"
    caption += f" the largest value of a map; one seed.{note}"
    title = f"Feature maps: {phase}, {name}"
    return Gallery(title, caption, heads, rows, "maps")


def _apart(
    phase: str, one: dict[str, np.ndarray], other: dict[str, np.ndarray]
) -> int:
    """The largest difference of two frameworks' pictures, in shades."""
    pairs = zip(_drawn(phase, one), _drawn(phase, other), strict=True)
    return max(int(np.abs(left - right).max()) for left, right in pairs)


def _drawn(phase: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """All pictures of a phase as drawn, in numbers that have signs."""
    kernel, maps = arrays[f"{phase}.kernel"], arrays[f"{phase}.maps"]
    filters = [png.signed(kept) for kept in np.moveaxis(_flat(kernel), -1, 0)]
    outputs = [
        png.grays(own[..., k]) for own in maps for k in range(len(filters))
    ]
    return [pixels.astype(int) for pixels in (*filters, *outputs)]


def _flat(kernel: np.ndarray) -> np.ndarray:
    """(row, column, channel, filter) -> the mean over its channels."""
    flat: np.ndarray = kernel.mean(axis=2)
    return flat


def _title(phase: str, number: int) -> str:
    titles = TITLES.get(phase, ())
    return titles[number] if number < len(titles) else f"{number + 1}"
