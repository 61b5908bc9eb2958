"""Results of models of texts: samples, translations, attention, breakdowns."""

from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from reports.blocks import Cell, Column, Gallery, Line, Table, texts
from reports.figures.phases import over_seeds
from reports.figures.sequences import GROUP, group_names, group_title
from reports.results.curves import Pictures
from reports.results.format import fixed
from reports.results.frame import Bench
from reports.results.titles import framework_title
from reports.results.workload import Workload

TRANSLATIONS = 10  # sentences that are shown
MAP = (
    "Across: the words read. Down: the words written, each with the weights"
    " of its row, which add up to 1. Computed by the reference implementation"
    " from the trained parameters."
)


class Written(NamedTuple):
    """Texts of one framework, of the lowest seed."""

    framework: str
    name: str  # the phase, or the workload
    texts: dict[str, Any]
    pictures: Pictures


def written(bench: Bench, workload: Workload) -> list[Table]:
    """Samples, the slide's sentence and translations, where there are some."""
    own = _written(bench, workload)
    samples = [
        [f"{each.framework}, {each.name}", text["prompt"], text["sample"]]
        for each in own
        if "sample" in (text := each.texts)
    ]
    sentences = [
        [each.framework, sentence["source"], sentence["hypothesis"]]
        for each in own
        for sentence in each.texts.get("sentences", [])
    ]
    tables = [
        texts(
            "A sample of text",
            ["", "prompt", "continuation"],
            samples,
            "Drawn character by character, from the same noise in every"
            " framework.",
            "texts sample",
        ),
        texts(
            "The slide's sentence",
            ["", "English", "Japanese"],
            sentences,
            "One seed.",
        ),
        _translations(own),
    ]
    return [table for table in tables if table.lines]


def attention(bench: Bench, workload: Workload) -> list[Gallery]:
    """Maps: the first one of every framework, then the first one's others."""
    by_framework = []
    for framework, _, content, pictures in _written(bench, workload):
        maps = []
        for entry in content.get("attention", []):
            weights = pictures.arrays.get(Path(entry["array"]).stem)
            if weights is not None:
                maps.append(_map(framework, entry, weights))
        if maps:
            by_framework.append(maps)
    firsts = [maps[0] for maps in by_framework]
    return firsts + [gallery for own in by_framework[:1] for gallery in own[1:]]


def breakdowns(bench: Bench, workload: Workload) -> list[Table]:
    """Accuracy by group of examples, BLEU by length of the sentence."""
    tables = _groups(workload), _bleu(bench, workload)
    return [table for table in tables if table.lines]


def _written(bench: Bench, workload: Workload) -> list[Written]:
    return [
        Written(framework_title(row.framework), name, content, pictures)
        for row in workload.rows
        for record in row.cells["record"]
        if (pictures := bench.pictures.get(record))
        for name, content in pictures.texts.items()
    ]


def _translations(own: list[Written]) -> Table:
    """The first sentences of the test split, all frameworks side by side."""
    columns = {
        each.framework: each.texts["translations"][:TRANSLATIONS]
        for each in own
        if "translations" in each.texts
    }
    rows = [
        [
            same[0]["source"],
            same[0]["reference"],
            *(sentence["hypothesis"] for sentence in same),
        ]
        for same in zip(*columns.values(), strict=False)
    ]
    heads = ["English", "reference", *columns]
    caption = "The first of the test split, as decoded; lowest seed."
    return texts("Translations", heads, rows, caption)


def _map(framework: str, entry: dict[str, Any], weights: np.ndarray) -> Gallery:
    source = entry["source"]
    rows = []
    for word, shares in zip(entry["target"], weights.tolist(), strict=True):
        cells = [
            {
                "share": round(100 * share),
                "title": f"{word} – {read}: {share:.2f}",
            }
            for read, share in zip(source, shares, strict=True)
        ]
        rows.append((word, cells))
    of = f", {entry['of']}" if entry.get("of") else ""
    title = f"Attention, {framework}{of}: {' '.join(source)}"
    return Gallery(title, MAP, source, rows, "heat")


def _groups(workload: Workload) -> Table:
    """Test accuracy of each group of examples, the mean over seeds."""
    means = {}
    for row in workload.rows:
        for phase in row.phases or [""]:
            start = f"{phase}.{GROUP}" if phase else GROUP
            means[f"{row.title} {phase}".strip()] = {
                group_title(name): 100 * fmean(values)
                for name in group_names(row, phase)
                if (values := row.measured(start + name).values())
            }
    return _means("Test accuracy by group", "%", means)


def _bleu(bench: Bench, workload: Workload) -> Table:
    """BLEU by words of the source, the mean over seeds."""
    means = {}
    for row in workload.rows:
        starts = dict(over_seeds(bench, row, "bleu_by_length/from"))
        means[row.title] = {
            f"from {starts[at].mean:.0f} words": bleu.mean
            for at, bleu in over_seeds(bench, row, "bleu_by_length/bleu")
            if at in starts
        }
    return _means("BLEU by length of the sentence", "points", means)


def _means(title: str, unit: str, means: dict[str, dict[str, float]]) -> Table:
    """Head -> mean of each row; a row without any is left out."""
    heads = list(dict.fromkeys(head for row in means.values() for head in row))
    lines = [
        Line(name, [Cell(fixed(row.get(head), 1)) for head in heads])
        for name, row in means.items()
        if row
    ]
    columns = [Column(title, f"{unit}, mean over seeds"), *map(Column, heads)]
    return Table(columns, lines)
