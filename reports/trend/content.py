"""The content of a trend, from which its page and its text are rendered."""

from dataclasses import dataclass

from reports.blocks import Cell, Chart, Column, Group, Legend, Line, Table
from reports.results.format import listed, plural, tiny
from reports.results.titles import ORDER, workload_order, workload_title
from reports.trend import changes, figures, words
from reports.trend.read import GATE, Kept
from reports.trend.series import Series, Split
from reports.trend.words import Step, cell_title

COLUMNS = [
    Column("Cell"),
    Column("Metric", number=False),
    Column("Since", number=False),
    Column("Revisions", number=False),
    Column("Level"),
    Column("Change", number=False),
    Column("p", "over all places"),
]
STYLES = {"good": "equivalent", "bad": "different"}


@dataclass(frozen=True)
class Trend:
    """All series with their changes; missing: reasons by cell and metric."""

    kept: Kept
    metrics: list[str]
    series: list[Series]
    splits: list[Split]
    steps: list[Step]
    missing: dict[tuple[str, str], str]

    @property
    def about(self) -> str:
        """How much was recorded, and what is left out."""
        parts = [plural(self.kept.benches, "bench", "benches")]
        parts += [plural(self.kept.gates, "gate")] * bool(self.kept.gates)
        lost = [
            plural(count, f"{status} cell")
            for status, count in sorted(self.kept.lost.items())
        ]
        left_out = f"; left out: {listed(lost)}" if lost else ""
        return listed(parts) + left_out

    @property
    def parts(self) -> dict[str, list[str]]:
        """Title -> lines: what is not joined, not searched, skipped."""
        parts = {
            "Not joined": [words.split(split) for split in self.splits],
            "Not searched": words.notes(self.series),
            "Skipped files": self.kept.broken,
        }
        return {title: lines for title, lines in parts.items() if lines}

    @property
    def changes(self) -> Table:
        """One row per change, the latest first."""
        return Table(COLUMNS, [_line(step) for step in self.steps])

    @property
    def workloads(self) -> list[tuple[str, str, list[tuple[str, Group]]]]:
        """Name, title and cells of each; a cell is its title and charts."""
        ordered = sorted(self.series, key=_order)
        return [
            (name, workload_title(name), _cells(self, own))
            for name in dict.fromkeys(s.workload for s in ordered)
            if (own := [s for s in ordered if s.workload == name])
        ]


def _line(step: Step) -> Line:
    return Line(
        cell_title(step.series.cell),
        [
            Cell(step.measure.title),
            Cell(f"{step.after.when:%Y-%m-%d %H:%M}"),
            Cell(f"{step.before.short} → {step.after.short}"),
            Cell(step.levels, step.measure.unit),
            Cell(
                f"{step.percent} {step.direction}",
                kind=STYLES.get(step.kind, "open"),
            ),
            Cell(tiny(step.change.p)),
        ],
        "head of gates" * (step.series.source == GATE),
    )


def _order(series: Series) -> tuple[tuple[int, str], int, str]:
    """Workloads as in the chapter, frameworks as in the report."""
    framework = [*ORDER, series.framework].index(series.framework)
    return workload_order(series.workload), framework, series.cell


def _cells(trend: Trend, own: list[Series]) -> list[tuple[str, Group]]:
    cells: dict[str, list[Series]] = {}
    for series in own:
        cells.setdefault(series.cell, []).append(series)
    return [
        (cell_title(name).partition(", ")[2], _group(trend, name, series))
        for name, series in cells.items()
    ]


def _group(trend: Trend, cell: str, own: list[Series]) -> Group:
    """The charts of one cell, one for each metric."""
    charts = []
    for number, metric in enumerate(trend.metrics):
        series = [s for s in own if s.metric == metric]
        reason = trend.missing.get((cell, metric), "")
        id = f"{cell.replace(' ', '-').replace(',', '')}-{number}"
        if series:
            measure = words.measure(metric, series[0].unit)
            steps = [step for step in trend.steps if step.series in series]
            figure = figures.figure(series, steps, measure)
            caption = _caption(series, measure.unit)
            charts.append(Chart(id, measure.title, caption, figure))
        elif reason:
            title = words.measure(metric, "").title
            charts.append(Chart(id, title, reason=reason))
    return Group(charts, _legend(trend, own))


def _legend(trend: Trend, own: list[Series]) -> list[Legend]:
    """An entry for each environment of a cell that has several."""
    texts = {
        split.part: f"from {words.day(split.when)}: {words.differs(split)}"
        for split in trend.splits
        if split.cell == own[0].cell
    }
    shown = {series.part: series for series in reversed(own)}
    if len(shown) < 2:
        return []
    return [
        Legend(
            texts.get(part, "first environment"),
            series.framework,
            figures.colour_of(series),
        )
        for part, series in sorted(shown.items())
    ]


def _caption(series: list[Series], unit: str) -> str:
    """Unit, number of points, and why no change was searched for."""
    count = sum(len(s.points) for s in series)
    text = f"In {unit}: {plural(count, 'point')}"
    if len(series) > 1:
        text += f" in {len(series)} series"
    notes = [s.note for s in series if s.note]
    if len(notes) == len(series) and changes.available():
        few = "points" in notes[0]
        text += f", {'too few to search' if few else notes[0]}"
    return f"{text}."
