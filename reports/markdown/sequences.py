"""What sequences show, in Markdown: accuracy and BLEU by length, texts."""

from reports.claims.questions import of
from reports.figures.phases import over_seeds
from reports.figures.sequences import GROUP, group_names, told
from reports.html import texts
from reports.markdown.table import table
from reports.results.format import fixed
from reports.results.frame import Bench
from reports.results.rows import Workload

BREAK = " ⏎ "  # a new line, where a cell of a table has but one


def sections(bench: Bench, workload: Workload) -> list[str]:
    """All that is there: tables by length, and what was written."""
    parts = [_groups(workload), _bleu(bench, workload)]
    return [one for one in [*parts, *_texts(bench, workload)] if one]


def _groups(workload: Workload) -> str:
    """Test accuracy of each group of examples, the mean over seeds."""
    rows = {}
    for row in workload.rows:
        for phase in row.phases or [""]:
            found = {
                told(name): of(row, phase, GROUP + name)
                for name in group_names(row, phase)
            }
            rows[f"{row.title} {phase}".strip()] = {
                name: 100 * sum(values.values()) / len(values)
                for name, values in found.items()
                if values
            }
    return _table("test accuracy, %", rows)


def _bleu(bench: Bench, workload: Workload) -> str:
    """BLEU by words of the source, the mean over seeds."""
    rows = {}
    for row in workload.rows:
        starts = dict(over_seeds(bench, row, "bleu_by_length/from"))
        rows[row.title] = {
            f"from {starts[at].mean:.0f} words": found.mean
            for at, found in over_seeds(bench, row, "bleu_by_length/bleu")
            if at in starts
        }
    return _table("BLEU", rows)


def _table(title: str, rows: dict[str, dict[str, float]]) -> str:
    """Head -> mean of each row; a row without any is left out."""
    heads = list(dict.fromkeys(head for row in rows.values() for head in row))
    if not heads:
        return ""
    return table(
        [f"{title} (mean over seeds)", *heads],
        [
            [name, *(fixed(row.get(head), 1) for head in heads)]
            for name, row in rows.items()
            if row
        ],
    )


def _texts(bench: Bench, workload: Workload) -> list[str]:
    """Samples and translations; maps of attention are the page's alone."""
    return [
        f"{one['title']}. {one['caption']}\n\n"
        + table(
            one["heads"],
            [
                [text.replace("\n", BREAK) for text in row]
                for row in one["rows"]
            ],
            left=tuple(range(len(one["heads"]))),
        )
        for one in texts.blocks(bench, workload)
        if one["kind"] != "map"
    ]
