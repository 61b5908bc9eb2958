"""Cells into rows: what is joined, what is compared with what.

Joined are cells that differ in nothing but the seed; numbers of another
setting, data set or environment are never joined silently.
"""

import json
from collections.abc import Hashable
from typing import Any

import pandas as pd

from reports.results.format import RATE
from reports.results.frame import Bench
from reports.results.rows import Comparison, Row, Workload
from reports.results.titles import ORDER, SLIDE, workload_order

APART = ("framework.", "passes", "speed.")  # what a pair may differ in
PHASES = "workload.phases."  # where a setting of all is repeated for each
SHOWN = ("framework.name", "framework.mode", "precision", "device.name")


def workloads(bench: Bench) -> list[Workload]:
    """All that the bench measured, in the order of the chapter."""
    joined: list[Workload] = []
    cells = _prepared(bench)
    for (name, data), own in cells.groupby(["workload", "data"], sort=False):
        rows = sorted(_rows(bench, own), key=_row_order)
        compared = [
            _compare(row, rows) for row in rows if row.framework != SLIDE
        ]
        synthetic = any(row.synthetic for row in rows)
        names = str(name), str(data)
        joined.append(Workload(*names, synthetic, rows, compared, joined))
    joined.sort(key=lambda own: (workload_order(own.name), own.data))
    return joined


def lost(bench: Bench) -> pd.DataFrame:
    """Cells that failed or were skipped, as the frame has them."""
    return bench.cells[bench.cells["status"] != "finished"]


def _prepared(bench: Bench) -> pd.DataFrame:
    """Cells with their setting; unfinished ones with those of the same row.

    A cell that was skipped or failed early has neither data set nor
    environment: it takes those of a finished cell of its setting.
    """
    cells = bench.cells.copy()
    configs = [_config(bench, record) for record in cells["record"]]
    cells["setting"] = [json.dumps(own, sort_keys=True) for own in configs]
    for column, by in (("data", "workload"), ("fingerprint", "setting")):
        cells[column] = cells[column].fillna("").astype(str)
        done = cells[(cells["status"] == "finished") & (cells[column] != "")]
        known = done.groupby(by)[column].first()
        odd = cells["status"] != "finished"
        if column == "data":  # without a digest it was not prepared
            odd &= cells["data_digest"].isna() | (cells[column] == "")
        of_finished = cells.loc[odd, by].map(known)
        cells.loc[odd, column] = of_finished.fillna(cells.loc[odd, column])
    return cells


def _config(bench: Bench, record: str) -> dict[str, str]:
    """A cell's flat configuration without what sets no rows apart.

    A seed of which less was measured is one of the same row.
    """
    config = bench.details[record]["config"]
    apart = ("seed", "framework.python", "passes")
    return {k: v for k, v in config.items() if k not in apart}


def _rows(bench: Bench, own: pd.DataFrame) -> list[Row]:
    groups = own.groupby(["setting", "fingerprint"], sort=False)
    configs = {key: json.loads(str(key[0])) for key, _ in groups}
    rows = []
    for key, group in groups:
        first, config = group.iloc[0], configs[key]
        done = group["status"] == "finished"
        rows.append(
            Row(
                workload=str(first["workload"]),
                data=str(first["data"]),
                precision=str(first["precision"]),
                device=str(first["device"]),
                framework=str(first["framework"]),
                mode=str(first["mode"]),
                synthetic=bool(group["synthetic"].any()),
                cells=group[done].drop_duplicates("seed", keep="last"),
                lost=group[~done],
                details=bench.details,
                config=config,
                variant=_variant(key, configs),
            )
        )
    return rows


def _variant(
    key: tuple[Hashable, ...], configs: dict[Any, dict[str, str]]
) -> str:
    """What sets a row apart from those that would bear the same title."""
    own = configs[key]
    alike = {
        other: config
        for other, config in configs.items()
        if all(config.get(name) == own.get(name) for name in SHOWN)
    }
    names = sorted({name for config in alike.values() for name in config})
    apart = [
        name
        for name in names
        if len({config.get(name) for config in alike.values()}) > 1
    ]
    shared = [name for name in apart if not name.startswith(PHASES)]
    words = [
        f"{_shown(name)} {own.get(name, 'none')}" for name in shared or apart
    ]
    same = [other for other, config in alike.items() if config == own]
    if len(same) > 1:
        words.append(f"environment {str(key[1])[:4]}")
    return ", ".join(words)


def _shown(name: str) -> str:
    """workload.data.batch_size -> batch size; of a phase with its name."""
    phase = ""
    if name.startswith(PHASES):
        phase = name.removeprefix(PHASES).partition(".")[0] + " "
    return phase + name.rpartition(".")[2].replace("_", " ")


def _compare(row: Row, rows: list[Row]) -> Comparison:
    """Beside the slide's row of the same setting, by seeds in common."""
    slides = [
        other
        for other in rows
        if other.framework == SLIDE and other.seeds and _alike(row, other)
    ]
    own = set(row.by_seed(RATE))
    slides.sort(key=lambda other: -len(own & set(other.by_seed(RATE))))
    return Comparison(row, slides[0] if slides else None, row.margin)


def _alike(row: Row, other: Row) -> bool:
    names = {
        name
        for name in {*row.config, *other.config}
        if not name.startswith(APART)
    }
    return all(row.config.get(name) == other.config.get(name) for name in names)


def _row_order(row: Row) -> tuple[int, str]:
    known = ORDER.index(row.framework) if row.framework in ORDER else 50
    known = 99 if row.framework == SLIDE else known
    return (known, row.title)
