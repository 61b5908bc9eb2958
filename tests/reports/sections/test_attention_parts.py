"""Parts of self-attention as pictures in the report."""

import numpy as np
import pandas as pd

from reports.results.curves import COLUMNS, Pictures
from reports.results.frame import Bench
from reports.sections import attention_parts
from tests.support.synthetic_rows import row, workload

PARTS = tuple(attention_parts.PARTS)
CONTENT = {"scaled": {"parts": {"symbols": ["A", "3", "B"], "heads": 2}}}


def bench(arrays, content=CONTENT):
    kept = Pictures(arrays, content)
    curves = pd.DataFrame(columns=COLUMNS)
    return Bench({}, pd.DataFrame(), curves, {}, {"r0": kept})


def every():
    scores = np.where(np.tri(3), 1.5, 0)
    return {
        f"scaled.head_{head}.{part}": scores
        for head in (1, 2)
        for part in PARTS
    }


def test_each_head_is_a_row_of_six_pictures():
    made = workload("self_attention", row({}))
    (gallery,) = attention_parts.galleries(bench(every()), made)
    assert gallery.title == "Self-attention in parts: scaled, PyTorch"
    assert "from the first on top: A 3 B." in gallery.caption
    assert gallery.heads == list(attention_parts.PARTS.values())
    assert [head for head, _ in gallery.rows] == ["head 1", "head 2"]
    for _, cells in gallery.rows:
        assert len(cells) == 6
        assert all(cell["uri"].startswith("data:image/png") for cell in cells)
    assert gallery.rows[1][1][3]["title"] == "scores q·k / √d_k, head 2"


def test_a_workload_without_parts_has_no_gallery():
    made = workload("gpt", row({}))
    shown = bench({}, {"gpt": {"sample": "to be"}})
    assert attention_parts.galleries(shown, made) == []
