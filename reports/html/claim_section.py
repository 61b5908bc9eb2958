"""A workload's section of the chapter: the claim, its plots, its pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.data.sets.text import LENGTH
from reports.claims import captions, interval_chart, sentence, throughput
from reports.claims.claim import Finding, finding
from reports.claims.registry import CLAIMS, labels
from reports.figures import phases as figures_phases
from reports.figures import sequences
from reports.figures.bars import Figure
from reports.html import pictures, texts
from reports.results.format import plural
from reports.results.frame import Bench
from reports.results.rows import Workload


@dataclass(frozen=True)
class Chart:
    """A figure with its place on the page and its caption."""

    name: str
    title: str
    caption: str
    figure: Figure | None


Group = list[Chart]  # side by side


def section(
    bench: Bench, workload: Workload, charts: dict[str, Figure], anchor: str
) -> dict[str, Any]:
    """What the templates print; puts the figures into `charts`."""
    found = finding(workload, CLAIMS)
    return {
        "claim": _claim(found) if found else None,
        "groups": _drawn(bench, found, charts, anchor) if found else [],
        "galleries": pictures.galleries(bench, workload),
        "texts": texts.blocks(bench, workload),
        "spread": throughput.table(workload),
        "spreads": [
            throughput.sentence(workload, one)
            for one in throughput.spreads(workload)
        ],
    }


def _drawn(
    bench: Bench, found: Finding, charts: dict[str, Figure], anchor: str
) -> list[dict[str, Any]]:
    """The groups that have something to draw, as the templates print them."""
    groups: list[dict[str, Any]] = []
    for group in _groups(bench, found):
        cards = []
        for one in group:
            if one.figure is not None:
                name = f"{anchor}-{one.name}"
                charts[name] = one.figure
                cards.append(
                    {"id": name, "title": one.title, "caption": one.caption}
                )
        if not cards:
            continue
        kind = {1: "wide", 3: "trio"}.get(len(cards), "grid")
        told = any(one["layers"] for one in groups)
        layers = [] if told else _layers(bench, found, group)
        groups.append({"kind": kind, "charts": cards, "layers": layers})
    return groups


def _claim(found: Finding) -> dict[str, Any]:
    return {
        "sentence": sentence.sentence(found),
        "kind": sentence.STYLES[found.kind],
        "verdict": sentence.verdict(found),
        "says": found.claim.says[:1].upper() + found.claim.says[1:],
        "slides": found.claim.slides,
        "table": sentence.table(found),
    }


def _groups(bench: Bench, found: Finding) -> Iterator[Group]:
    """The plots of a claim, and last the difference that decides it."""
    draw = DRAWN.get(found.claim.workload)
    if draw is not None:
        yield from draw(bench, found)
    question = found.answers[0][0].question
    bound, level = "Dotted: the bound.", 95
    if question.side == "within":
        bound, level = "Shaded: within the margin.", 90
    if question.bound is None:
        bound = ""
    caption = f"{captions.whiskers(found, question, level)} {bound}".strip()
    title = question.title[:1].upper() + question.title[1:]
    figure = interval_chart.leading(found)
    yield [Chart("difference", title, caption, figure)]


def _accuracies(
    bench: Bench, found: Finding, phases: Callable[[list[str]], list[str]]
) -> Group:
    """Accuracy over epochs of some phases, one chart per framework."""
    group, figures = [], []
    for number, (row, name) in enumerate(
        zip(found.rows, found.names, strict=True)
    ):
        chosen = phases(row.phases)
        figure = figures_phases.accuracies(bench, row, chosen)
        words = f"In %, by epoch. {captions.lines([row])}"
        if any(t["line"].get("dash") == "dot" for t in (figure or NO)["data"]):
            words += " Dotted: on training examples, while training."
        figures.append(figure)
        group.append(Chart(f"accuracies-{number}", name, words, figure))
    figures_phases.alike(figures)
    return group


NO: Figure = {"data": []}


def _named(*names: str) -> Callable[[list[str]], list[str]]:
    """Of a workload's phases those that are, or begin, so."""
    return lambda phases: [one for one in phases if one.startswith(names)]


def _mlp(bench: Bench, found: Finding) -> Iterator[Group]:
    yield _accuracies(bench, found, _named("without", "dropout"))
    titles = [
        one.question.title
        for one in found.answers[0]
        if one.question.title.startswith("gap, ")
    ]
    figure = interval_chart.asked(found, titles, ["without", "with dropout"])
    caption = "In points, after the last epoch, both in evaluation mode."
    caption += f" {captions.whiskers(found)}"
    title = "Gap: training less test accuracy"
    yield [Chart("gap", title, caption, figure)]


def _vanishing(bench: Bench, found: Finding) -> Iterator[Group]:
    """Sigmoid beside ReLU, a line of charts for each framework."""
    groups, figures = [], []
    for number, (row, name) in enumerate(
        zip(found.rows, found.names, strict=True)
    ):
        group = []
        for phase, title in (("sigmoid", "sigmoid"), ("relu", "ReLU")):
            figure = figures_phases.gradients(bench, row, phase)
            caption = "Euclidean norm of the gradient of each layer's kernel,"
            caption += " log scale; geometric mean over"
            caption += f" {plural(row.seeds, 'seed')}. Zeros are not drawn."
            figures.append(figure)
            mark = f"gradient-{number}-{phase}"
            group.append(Chart(mark, f"{name}, {title}", caption, figure))
        groups.append(group)
    figures_phases.alike(figures)
    yield from groups
    yield _accuracies(bench, found, _named("sigmoid", "relu"))


def _pretraining(bench: Bench, found: Finding) -> Iterator[Group]:
    phases = [p for p in found.rows[0].phases if p.startswith("layer_")]
    figure = figures_phases.reconstructions(bench, found.rows, phases)
    caption = "Mean squared error by epoch, on training examples, one"
    caption += f" autoencoder after the other. {captions.lines(found.rows)}"
    title = "Reconstruction loss, layer by layer"
    yield [Chart("reconstruction", title, caption, figure)]
    yield _accuracies(bench, found, _named("directly", "pretrained"))


def _variants(bench: Bench, found: Finding) -> Iterator[Group]:
    yield _accuracies(bench, found, list)


def _transfer(bench: Bench, found: Finding) -> Iterator[Group]:
    group, figures = [], []
    for number, (row, name) in enumerate(
        zip(found.rows, found.names, strict=True)
    ):
        ways = ("scratch", "frozen", "tuned")
        figure = figures_phases.by_labels(row, ways, labels(row))
        words = (
            f"In %, over labels per class, log scale. {captions.lines([row])}"
        )
        figures.append(figure)
        group.append(Chart(f"labels-{number}", name, words, figure))
    figures_phases.alike(figures)
    yield group
    question = found.answers[0][-1].question
    saved = interval_chart.asked(found, [question.title])
    caption = captions.whiskers(found, question)
    caption += " Left of the dotted line freezing saves time."
    name = "Time of a training step, frozen over from scratch"
    yield [Chart("saved", name, caption, saved)]


def _reviews(bench: Bench, found: Finding) -> Iterator[Group]:
    words = "In %, over the words of the whole review, of which each network"
    words += f" reads the last {LENGTH}."
    yield _grouped(bench, found, ["rnn", "lstm", "bilstm"], words)


def _memory(bench: Bench, found: Finding) -> Iterator[Group]:
    group, figures = [], []
    for number, row in enumerate(found.rows):
        figure = sequences.distances(bench, row, ["rnn", "lstm"])
        words = "Of the output by each earlier input: Euclidean norm, mean"
        words += " over examples, log scale. Dotted: before training."
        words += (
            f" {captions.lines([row], 'geometric means')} Zeros are not drawn."
        )
        figures.append(figure)
        mark, name = f"distance-{number}", found.names[number]
        group.append(Chart(mark, f"Gradient, {name}", words, figure))
    figures_phases.alike(figures)
    yield group
    words = "In %, over the steps between the sign and the answer."
    yield _grouped(bench, found, ["rnn", "lstm"], words)


def _tagging(bench: Bench, found: Finding) -> Iterator[Group]:
    words = "In %, of words that the training split has, and of others."
    yield _grouped(bench, found, [""], words)


def _attention(bench: Bench, found: Finding) -> Iterator[Group]:
    rows = [(row, "solid") for row in found.rows]
    for row in found.rows:
        plain = found.workload.like(row, "translation")
        rows += [(plain, "dot")] if plain else []
    figure = sequences.bleu(bench, rows)
    words = f"By words of the English sentence. {captions.lines(found.rows)}"
    yield [Chart("bleu", "BLEU by length of the sentence", words, figure)]


def _grouped(
    bench: Bench, found: Finding, phases: list[str], words: str
) -> Group:
    """Accuracy by group, one chart per framework."""
    group, figures = [], []
    for number, row in enumerate(found.rows):
        figure = sequences.groups(bench, row, phases)
        figures.append(figure)
        caption, name = f"{words} {captions.lines([row])}", found.names[number]
        group.append(Chart(f"groups-{number}", name, caption, figure))
    figures_phases.alike(figures)
    return group


DRAWN: dict[str, Callable[[Bench, Finding], Iterator[Group]]] = {
    "mlp": _mlp,
    "vanishing": _vanishing,
    "pretraining": _pretraining,
    "cnn_average": _variants,
    "resnet": _variants,
    "transfer": _transfer,
    "lstm": _reviews,
    "memory": _memory,
    "tagging": _tagging,
    "translation_attention": _attention,
}


def _layers(bench: Bench, found: Finding, group: Group) -> list[dict[str, str]]:
    """The colours of the layers, where a group draws their gradients."""
    if not group[0].name.startswith("gradient"):
        return []
    names = figures_phases.layers(bench, found.rows[0], found.rows[0].main)
    return [
        {"title": name, "colour": figures_phases.hue(number, len(names))}
        for number, name in enumerate(names)
    ]
