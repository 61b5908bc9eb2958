"""`report.md` for pull requests, and the README's table of results."""

from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from reports.html import facts, findings, parity, tables
from reports.markdown import claims, sequences
from reports.markdown.table import table as table_of
from reports.results.format import MEASURES, NONE
from reports.results.frame import Bench
from reports.results.rows import Workload
from reports.results.titles import RUNGS, model_title

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
SHORT = (  # the README's columns
    "training_examples_per_second",
    "ratio",
    "test_accuracy_fraction",
    "test_bleu_points",
    "test_bits_per_token",
    "decoding_tokens_per_second",
    "startup_seconds",
    "peak_share_fraction",
    "host_peak_bytes",
)


def report(
    bench: Bench, workloads: list[Workload], entries: list[dict[str, Any]]
) -> str:
    """The whole of `report.md`."""
    about = facts.about(bench)
    parts = [
        f"# {findings.headline(bench, workloads)}",
        _where(about),
        _synthetic(workloads),
        claims.sentences(workloads),
        "\n".join(
            f"- {one['text']}" for one in findings.findings(workloads, entries)
        ),
        *(_section(bench, workload) for workload in workloads),
        _comparisons(workloads),
        _parity(entries),
        _lost(bench),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(bench: Bench, workloads: list[Workload]) -> str:
    """The README's table: what was measured, where, when, how often."""
    about = facts.about(bench)
    parts = [claims.sentences(workloads)]
    for one in workloads:
        parts += [_measures(one, SHORT), claims.throughputs(one)]
        parts += sequences.sections(bench, one)
    parts += [_comparisons(workloads), _where(about)]
    return "\n\n".join(part for part in parts if part)


def rewrite(readme: Path, text: str) -> None:
    """Put a table between the markers of a README.

    Raises UserError when the file or its markers are not there.
    """
    try:
        old = readme.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{readme} cannot be read: {error.strerror}") from error
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise UserError(
            f"{readme} needs one line {BEGIN} and one line {END}: the table"
            f" goes between them."
        )
    head, rest = old.split(BEGIN)
    tail = rest.split(END)[-1]
    new = f"{head}{BEGIN}\n\n{text.strip()}\n\n{END}{tail}"
    temporary = readme.with_name(f".{readme.name}.new")
    temporary.write_text(new, encoding="utf-8")
    temporary.replace(readme)


def _where(about: dict[str, Any]) -> str:
    text = (
        f"Suite `{about['suite']}` on {about['where']}, {about['when']},"
        f" in {about['seconds']}: {about['finished']} of {about['cells']}"
        f" cells finished, {about['failed']} failed, {about['skipped']}"
        f" skipped. Code: {about['revision']}."
    )
    if about["reused"]:
        text += f" {about['reused']} of these cells come from earlier benches."
    if not about["ended"]:
        text += f" **Not ended**: {about['planned']} cells were planned."
    return text


def _synthetic(workloads: list[Workload]) -> str:
    names = sorted({f"`{w.data}`" for w in workloads if w.synthetic})
    if not names:
        return ""
    return (
        f"> **Synthetic data**: {', '.join(names)} was drawn by a program;"
        f" its accuracies say nothing about the real set."
    )


def _section(bench: Bench, workload: Workload) -> str:
    head = f"## {model_title(workload.name)}"
    told = claims.section(workload)
    more = sequences.sections(bench, workload)
    return "\n\n".join([head, *told, _measures(workload), *more])


def _measures(workload: Workload, only: tuple[str, ...] = ()) -> str:
    """One workload's measures; what is missing is `-` with its reason."""
    found = tables.measures(workload)
    titles = {one.title for one in MEASURES if one.column in only}
    keep = [
        number
        for number, head in enumerate(found.columns)
        if not only or head["title"] in titles
    ]
    name = model_title(workload.name)
    data = f"`{workload.data}`"
    if workload.synthetic:
        data += ", **synthetic data**"
    heads = [f"{name} ({data})", "seeds"]
    heads += [
        f"{found.columns[n]['title'].lower()}, {found.columns[n]['unit']}"
        for n in keep
    ]
    rows = [
        [
            row["title"],
            row["seeds"].removesuffix("s").removesuffix(" seed"),
            *(_text(row["cells"][n]) for n in keep),
        ]
        for row in found.rows
    ]
    lines = [table_of(heads, rows)]
    over = tables.merged(
        [
            row["cells"][n]["tip"]
            for n in keep
            for row in found.rows
            if row["cells"][n]["between"]
        ]
    )
    if over:
        lines.append(f"Brackets: {'; '.join(over)}.")
    used = {row["cells"][n]["note"] for row in found.rows for n in keep}
    reasons = [
        f"({number}) {reason}"
        for number, reason in enumerate(found.notes, 1)
        if number in used
    ]
    return "\n\n".join([*lines, *(["; ".join(reasons)] if reasons else [])])


def _comparisons(workloads: list[Workload]) -> str:
    rows = [
        [
            row["workload"] + (" (synthetic)" if row["synthetic"] else ""),
            row["title"],
            f"{row['ratio']} {row['ratio_between']}".strip(),
            f"{row['difference']} {row['difference_between']}".strip(),
            f"±{row['margin']}" if row["margin"] else NONE,
            row["verdict"],
        ]
        for row in tables.comparisons(workloads)
    ]
    if not rows:
        return ""
    heads = [
        "against the slide",
        "implementation",
        "throughput, × slide (95 %)",
        "accuracy, points (90 %)",
        "margin",
        "verdict",
    ]
    return table_of(heads, rows, left=(0, 1, 5))


def _parity(entries: list[dict[str, Any]]) -> str:
    if not entries:
        return ""
    models = parity.models(entries)
    kinds = parity.precisions(entries)
    rows = []
    for rung in parity.rungs(entries):
        cells = [f"{rung}. {RUNGS.get(rung, '')}"]
        for model in models:
            for kind in kinds:
                found = parity.largest(entries, kind, model, rung)
                text = parity.shown(found.error) if found else NONE
                good = found is None or found.holds
                cells.append(text if good else f"**{text} over**")
        rows.append(cells)
    heads = ["largest difference"]
    heads += [f"{model_title(m)} {kind}" for m in models for kind in kinds]
    return f"## Sameness\n\n{table_of(heads, rows)}"


def _lost(bench: Bench) -> str:
    rows = [
        [one["title"], one["status"], one["reason"]]
        for one in facts.lost(bench)
    ]
    if not rows:
        return ""
    heads = ["not finished", "status", "reason"]
    return "## Failures\n\n" + table_of(heads, rows, left=(0, 1, 2))


def _text(cell: dict[str, Any]) -> str:
    note = f"({cell['note']})" if cell["note"] else ""
    return " ".join(
        part for part in (cell["text"], cell["between"], note) if part
    )
