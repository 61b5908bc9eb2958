"""The chapter's claims in Markdown: sentences, numbers, throughput."""

from reports.claims import sentence, throughput
from reports.claims.claim import Finding, finding
from reports.claims.registry import CLAIMS
from reports.markdown.table import table
from reports.results.format import NONE
from reports.results.rows import Workload

MARKS = {"equivalent": " ✓", "different": " ✗", "open": " ?", "": ""}
LEGEND = (
    "✓ seen, ✗ not seen, ? not decided: the interval reaches across the bound,"
    " or one seed has none."
)


def sentences(workloads: list[Workload]) -> str:
    """One line per claim, for the head of a report and for the README."""
    found = [one for w in workloads if (one := finding(w, CLAIMS))]
    lines = [f"- {_lead(one)}" for one in found]
    if any(one.judged for one in found):
        lines.append(f"\n{LEGEND}")
    return "\n".join(lines)


def section(workload: Workload) -> list[str]:
    """A workload's claim with all its numbers; throughputs side by side."""
    found = finding(workload, CLAIMS)
    parts = []
    if found:
        parts += [_lead(found), answers(found)]
    return parts + [one for one in [throughputs(workload)] if one]


def answers(found: Finding) -> str:
    """One row per question, one column per framework."""
    told = sentence.table(found)
    rows = [
        [
            row["title"] + (f", {row['unit']}" if row["unit"] else ""),
            row["expected"] + " (decides)" * row["decides"],
            *(_cell(cell) for cell in row["cells"]),
        ]
        for row in told["rows"]
    ]
    heads = ["asked", "expected", *told["heads"]]
    text = f"{told['over']}. ✓ on the expected side, ✗ on the"
    text += " other, ? across it."
    return f"{table(heads, rows)}\n\n{text}"


def throughputs(workload: Workload) -> str:
    """Training throughput by framework, the fastest over the slowest."""
    told = throughput.table(workload)
    if not told["rows"]:
        return ""
    rows = [
        [
            row["phase"],
            *(
                f"{one['text']} {one['between']}".strip()
                for one in row["rates"]
            ),
            f"{row['ratio']} {row['between']}".strip(),
            row["words"],
        ]
        for row in told["rows"]
    ]
    heads = [f"training, {told['unit']}", *told["heads"]]
    heads += ["fastest over slowest", f"at most {throughput.LIMIT:g}"]
    text = table(heads, rows, left=(0, len(heads) - 1))
    if any(one["between"] for row in told["rows"] for one in row["rates"]):
        text += "\n\nBrackets: 95 % t interval over seeds, around the mean;"
        text += " the ratio is paired by seed, a geometric mean."
    return text


def _lead(found: Finding) -> str:
    mark = MARKS[sentence.STYLES[found.kind]].strip()
    mark = f"{mark} " if found.judged else ""
    return f"{mark}{sentence.sentence(found)}"


def _cell(cell: dict[str, str]) -> str:
    if cell["text"] == NONE:
        return f"{NONE} ({cell['tip']})"
    text = f"{cell['text']} {cell['between']}".strip()
    return text + MARKS[cell["kind"]]
