"""Cells into rows: what is joined, what is compared with what.

Joined are cells that differ in nothing but the seed; numbers of another
setting, data set or environment are never joined silently.
"""

import json
from collections.abc import Sequence

import pandas as pd

from reports.results.format import RATE
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.titles import SLIDE, framework_order, workload_order
from reports.results.workload import Comparison, Workload

APART = ("framework.", "passes", "speed.")  # what a pair may differ in
PHASES = "workload.phases."  # where a setting of all is repeated for each
SHOWN = (  # in titles
    "workload.name",
    "framework.name",
    "framework.mode",
    "precision",
    "device.name",
)
IGNORED = ("seed", "passes", "framework.python", "patience_seconds")
Config = dict[str, str]  # of a cell, flat


def workloads(bench: Bench) -> list[Workload]:
    """All that the bench measured, in the order of the chapter."""
    joined: list[Workload] = []
    cells = _prepared(bench)
    for (name, data), own in cells.groupby(["workload", "data"], sort=False):
        rows = _rows(bench, own)
        rows.sort(key=lambda row: (framework_order(row.framework), row.title))
        compared = [_compare(row, rows) for row in rows if not row.baseline]
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
    details = [bench.details[record] for record in cells["record"]]
    cells["setting"] = [setting(detail["config"]) for detail in details]
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


def setting(config: Config) -> str:
    """A flat configuration as JSON, without what sets no rows apart."""
    own = {k: v for k, v in config.items() if k not in IGNORED}
    return json.dumps(own, sort_keys=True)


def variant(own: Config, configs: Sequence[Config]) -> list[str]:
    """What sets a configuration apart from those that bear the same title.

    Such as `batch size 64`; of phases only what all of them do not share.
    """
    alike = [
        config
        for config in configs
        if all(config.get(name) == own.get(name) for name in SHOWN)
    ]
    names = sorted({name for config in alike for name in config})
    apart = [
        name
        for name in names
        if len({config.get(name) for config in alike}) > 1
    ]
    shared = [name for name in apart if not name.startswith(PHASES)]
    return [
        f"{_shown(name)} {own.get(name, 'none')}" for name in shared or apart
    ]


def _rows(bench: Bench, own: pd.DataFrame) -> list[Row]:
    groups = own.groupby(["setting", "fingerprint"], sort=False)
    configs = [json.loads(str(key[0])) for key, _ in groups]
    rows = []
    for (key, group), config in zip(groups, configs, strict=True):
        first, done = group.iloc[0], group["status"] == "finished"
        apart = variant(config, configs)
        if configs.count(config) > 1:
            apart.append(f"environment {str(key[1])[:4]}")
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
                variant=", ".join(apart),
            )
        )
    return rows


def _shown(name: str) -> str:
    """workload.data.batch_size -> batch size; of a phase with its name."""
    phase = ""
    if name.startswith(PHASES):
        phase = name.removeprefix(PHASES).partition(".")[0] + " "
    return phase + name.rpartition(".")[2].replace("_", " ")


def _compare(row: Row, rows: list[Row]) -> Comparison:
    """Beside the slide's rows of the same setting, by seeds in common."""
    slides = [
        other
        for other in rows
        if other.framework == SLIDE and other.seeds and _alike(row, other)
    ]
    own = set(row.by_seed(RATE))
    slides.sort(key=lambda other: -len(own & set(other.by_seed(RATE))))
    books = (other for other in slides if other.baseline)
    same = (other for other in slides if other.backend == row.framework)
    return Comparison(row, next(books, None), row.margin, next(same, None))


def _alike(row: Row, other: Row) -> bool:
    own, others = (
        {k: v for k, v in config.items() if not k.startswith(APART)}
        for config in (row.config, other.config)
    )
    return own == others
