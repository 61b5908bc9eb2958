"""Results of models of texts: samples, translations, attention, breakdowns."""

from typing import Any, NamedTuple

import numpy as np

from reports.blocks import Cell, Column, Gallery, Line, Table, texts
from reports.figures.phases import over_seeds
from reports.figures.sequences import GROUP, group_names, group_title
from reports.results.curves import Pictures
from reports.results.format import fixed
from reports.results.frame import Bench
from reports.results.rows import Workload
from reports.results.titles import framework_title

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
    tables = _samples(own), _sentences(own), _translations(own)
    return [table for table in tables if table.lines]


def attention(bench: Bench, workload: Workload) -> list[Gallery]:
    """Maps: all of the first framework, the first one of every other."""
    maps: list[tuple[int, Gallery]] = []
    for framework, _, content, pictures in _written(bench, workload):
        kept = content.get("attention", [])
        for number, entry in enumerate(kept[: None if not maps else 1]):
            name = entry["array"].rpartition("/")[2].removesuffix(".npy")
            if name in pictures.arrays:
                gallery = _map(framework, entry, pictures.arrays[name])
                maps.append((number, gallery))
    return [one for _, one in sorted(maps, key=lambda pair: pair[0])]


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


def _samples(own: list[Written]) -> Table:
    rows = [
        [
            f"{entry.framework}, {entry.name}",
            entry.texts["prompt"],
            entry.texts["sample"],
        ]
        for entry in own
        if "sample" in entry.texts
    ]
    caption = (
        "Drawn character by character, from the same noise in every framework."
    )
    heads = ["", "prompt", "continuation"]
    return texts("A sample of text", heads, rows, caption, "texts sample")


def _sentences(own: list[Written]) -> Table:
    rows = [
        [entry.framework, sentence["source"], sentence["hypothesis"]]
        for entry in own
        for sentence in entry.texts.get("sentences", [])
    ]
    heads = ["", "English", "Japanese"]
    return texts("The slide's sentence", heads, rows, "One seed.")


def _translations(own: list[Written]) -> Table:
    """The first sentences of the test split, all frameworks side by side."""
    columns = [
        (entry.framework, entry.texts["translations"][:TRANSLATIONS])
        for entry in own
        if "translations" in entry.texts
    ]
    sentences = columns[0][1] if columns else []
    rows = [
        [
            sentence["source"],
            sentence["reference"],
            *(
                column[number]["hypothesis"] if number < len(column) else ""
                for _, column in columns
            ),
        ]
        for number, sentence in enumerate(sentences)
    ]
    heads = ["English", "reference", *(framework for framework, _ in columns)]
    caption = "The first of the test split, as decoded; entry seed."
    return texts("Translations", heads, rows, caption)


def _map(framework: str, entry: dict[str, Any], weights: np.ndarray) -> Gallery:
    source = entry["source"]
    rows = [
        (
            word,
            [
                {
                    "share": round(100 * weight),
                    "title": f"{word} – {read}: {weight:.2f}",
                }
                for read, weight in zip(source, map(float, row), strict=True)
            ],
        )
        for word, row in zip(entry["target"], weights, strict=True)
    ]
    title = f"Attention, {framework}: {' '.join(source)}"
    return Gallery(title, MAP, source, rows, "heat")


def _groups(workload: Workload) -> Table:
    """Test accuracy of each group of examples, the mean over seeds."""
    means = {}
    for row in workload.rows:
        for phase in row.phases or [""]:
            start = f"{phase}.{GROUP}" if phase else GROUP
            values = {
                group_title(name): list(row.measured(start + name).values())
                for name in group_names(row, phase)
            }
            means[f"{row.title} {phase}".strip()] = {
                name: 100 * sum(own) / len(own)
                for name, own in values.items()
                if own
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
