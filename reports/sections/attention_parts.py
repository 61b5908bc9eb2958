"""Self-attention taken apart, as pictures (slides 26 and 27)."""

import numpy as np

from reports.blocks import Gallery
from reports.results.frame import Bench
from reports.results.titles import framework_title
from reports.results.workload import Workload
from reports.sections.pictures import grays, signed, uri

PARTS = {
    "q": "queries q",
    "k": "keys k",
    "v": "values v",
    "scores": "scores q·k / √d_k",
    "weights": "weights: softmax",
    "sum": "weighted sums of v",
}
CAPTION = (
    "Each row of a picture is a symbol, from the first on top: {symbols}."
    " Across: components; of scores and weights, the symbols attended to, of"
    " which none is later. Red above 0, blue below; weights: white is the"
    " largest. Computed by the reference implementation from the trained"
    " parameters of the last unit; one seed."
)


def galleries(bench: Bench, workload: Workload) -> list[Gallery]:
    """The parts of every head, of the first framework that has them."""
    for row in workload.rows:
        for record in row.cells["record"]:
            kept = bench.pictures.get(record)
            if kept is None:
                continue
            for name, texts in kept.texts.items():
                if "parts" not in texts:
                    continue
                heads = range(1, texts["parts"]["heads"] + 1)
                rows = [_head(kept.arrays, name, head) for head in heads]
                title = f"Self-attention in parts: {name},"
                title += f" {framework_title(row.framework)}"
                symbols = " ".join(texts["parts"]["symbols"])
                caption = CAPTION.format(symbols=symbols)
                heads_of = list(PARTS.values())
                return [Gallery(title, caption, heads_of, rows, "parts")]
    return []


def _head(
    arrays: dict[str, np.ndarray], name: str, head: int
) -> tuple[str, list[dict[str, str]]]:
    """A row of pictures; a part that could not be read is left out."""
    cells = []
    for part, title in PARTS.items():
        values = arrays.get(f"{name}.head_{head}.{part}")
        if values is not None:
            shade = grays if part == "weights" else signed
            picture = uri(shade(values))
            cells.append({"uri": picture, "title": f"{title}, head {head}"})
    return f"head {head}", cells
