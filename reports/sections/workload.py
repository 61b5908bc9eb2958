"""The section of one workload: setting, claim, charts and tables."""

from dataclasses import dataclass

from reports.blocks import Chart, Gallery, Group, Legend, Table, merged
from reports.claims import charts, registry, sentence, throughput
from reports.claims.claim import Kind
from reports.figures import bars, curves
from reports.results import titles
from reports.results.format import (
    ACCURACY,
    MEASURES,
    RATE,
    TRAINING,
    Measure,
    capital,
)
from reports.results.frame import Bench
from reports.results.titles import workload_title
from reports.results.workload import Workload
from reports.sections import attention_parts, measures, pictures, texts
from reports.source.listing import Listing, listing, packages

SHORT = (  # the columns of the README
    RATE,
    "ratio",
    "keras_ratio",
    ACCURACY,
    "test_bleu_points",
    "test_bits_per_token",
    "decoding_tokens_per_second",
    "startup_seconds",
    "peak_share_fraction",
    "host_peak_bytes",
)
SMALL = (  # measures with a chart, beside throughput, accuracy and losses
    "inference_examples_per_second",
    "inference_latency_milliseconds",
    "peak_share_fraction",
    "host_peak_bytes",
    "allocator_peak_bytes",
)
QUALITY = next(m for m in MEASURES if m.column == ACCURACY)
SETTING = {  # key of the configuration -> how it is shown
    "data.batch_size": "batch size {}",
    "epochs": "{} epochs",
    "optimizer.name": "{}",
    "optimizer.learning_rate": "learning rate {}",
    "optimizer.weight_decay": "weight decay {}",
    "schedule.warmup_steps": "warm-up over {} updates",
    "label_smoothing": "label smoothing {}",
}
LOSSES = (
    "Lines: training loss, running mean over 15 recorded steps; where curves"
    " agree the wider ones lie below. Dotted with open marks: validation loss"
    " after each epoch."
)
STARTUP = (
    "In s, from the darkest: import, build, compile, first step. Paid once per"
    " process."
)


@dataclass(frozen=True)
class ClaimSection:
    """A claim of a workload.

    kind: of its verdict, None where there are numbers only; style: of that.
    firmer: the command that measures more seeds, where one seed decides.
    """

    text: str
    slides: str
    sentence: str
    verdict: str
    kind: Kind | None
    style: str
    firmer: str
    groups: list[Group]
    answers: Table


@dataclass(frozen=True)
class WorkloadSection:
    """All of a workload that a report shows."""

    id: str
    title: str
    data: str
    synthetic: bool
    setting: list[str]
    legend: list[Legend]
    claim: ClaimSection | None
    galleries: list[Gallery]
    texts: list[Table]
    charts: list[Chart]
    small: list[Chart]
    breakdowns: list[Table]
    throughputs: Table
    measures: Table
    short: Table
    code: list[Listing]


def section(bench: Bench, workload: Workload) -> WorkloadSection:
    """The section of one workload."""
    id = workload.id
    maps = texts.attention(bench, workload)
    return WorkloadSection(
        id=id,
        title=workload_title(workload.name),
        data=workload.data,
        synthetic=workload.synthetic,
        setting=_setting(workload),
        legend=[Legend(r.title, r.framework) for r in workload.rows if r.seeds],
        claim=_claim(bench, workload, id),
        galleries=[
            *pictures.galleries(bench, workload),
            *attention_parts.galleries(bench, workload),
            *maps,
        ],
        texts=texts.written(bench, workload),
        charts=_charts(bench, workload, id),
        small=_small(workload, id),
        breakdowns=texts.breakdowns(bench, workload),
        throughputs=throughput.table(workload),
        measures=measures.measures(workload),
        short=measures.measures(workload, SHORT),
        code=_code(workload.name),
    )


def _claim(bench: Bench, workload: Workload, id: str) -> ClaimSection | None:
    """A workload's claim; id: the start of its charts' ids."""
    finding = registry.find(workload)
    if finding is None:
        return None
    return ClaimSection(
        capital(finding.claim.statement),
        finding.slides,
        sentence.sentence(finding),
        sentence.verdict(finding),
        finding.kind if finding.judged else None,
        sentence.STYLES[finding.kind] if finding.judged else "",
        sentence.firmer(finding),
        charts.all_groups(bench, finding, id),
        sentence.table(finding),
    )


def _code(workload: str) -> list[Listing]:
    """The files of the models that a workload trains."""
    models = dict.fromkeys(titles.workload(workload).models)
    return [listing(model) for model in models if model in packages()]


def _setting(workload: Workload) -> list[str]:
    """The training in a few words, as configured."""
    first = workload.rows[0]
    words = [
        text.format(first.config[f"workload.{name}"])
        for name, text in SETTING.items()
        if f"workload.{name}" in first.config
    ]
    count = len(first.phases)
    words += [f"{count} phases"] if count > 1 else []
    places = {(row.precision, row.device) for row in workload.rows}
    words += [f"{precision}, {device}" for precision, device in sorted(places)]
    return [text.replace("1 epochs", "1 epoch") for text in words]


def _charts(bench: Bench, workload: Workload, id: str) -> list[Chart]:
    """Throughput, accuracy and losses, of those that were measured."""
    seeds = max((row.seeds for row in workload.rows), default=0)
    dots = " Small dots: single seeds." if seeds > 1 else ""
    mean = f"Mean over up to {seeds} seeds." if seeds > 1 else "One seed."
    slide = " Dotted: the slide's program." if workload.slide else ""
    charts = [
        Chart(
            f"{id}-throughput",
            "Training throughput",
            _caption(workload, TRAINING) + dots + slide,
            bars.throughput(workload),
        ),
        Chart(
            f"{id}-accuracy",
            "Test accuracy",
            _caption(workload, QUALITY) + dots + _margin(workload),
            bars.accuracy(workload),
        ),
        Chart(
            f"{id}-losses",
            "Loss while training",
            f"{mean} {LOSSES}",
            curves.losses(bench, workload),
            wide=True,
        ),
    ]
    return [chart for chart in charts if chart.figure]


def _small(workload: Workload, id: str) -> list[Chart]:
    """Start-up and other measures, or why there is nothing to draw."""
    startup = Chart(
        f"{id}-startup", "Start-up", STARTUP, bars.startup(workload)
    )
    charts = [startup] if startup.figure else []
    for measure in MEASURES:
        if measure.column in SMALL:
            caption = _caption(workload, measure)
            estimates = [row.estimate(measure.column) for row in workload.rows]
            reasons = [own.reason for own in estimates if own.reason]
            charts.append(
                Chart(
                    f"{id}-{measure.column}",
                    measure.title,
                    caption,
                    bars.bars(workload, measure),
                    reason="" if caption else reasons[0],
                )
            )
    return charts


def _caption(workload: Workload, measure: Measure) -> str:
    """Unit, repeats and kind of interval; nothing where no row has it."""
    estimates = [row.estimate(measure.column) for row in workload.rows]
    over = merged(own.over for own in estimates if own.over)
    unit = workload.in_unit(measure).unit
    return f"In {unit}: {'; '.join(over)}." if over else ""


def _margin(workload: Workload) -> str:
    margins = {c.margin for c in workload.comparisons if c.margin}
    if not margins or not workload.slide:
        return ""
    points = 100 * min(margins)
    margin = f"{points:g} point" + "s" * (points != 1)
    return f" Shaded: within {margin} of the slide's mean."
