"""`python -m benchmarks.commands.configuration`: write the key reference.

docs/configuration.md, from the schema; a test holds it up to date.
"""

import sys
from pathlib import Path
from typing import Any, get_args, get_origin

from omegaconf import MISSING

from benchmarks.commands.entry import command
from benchmarks.config.fields import keys
from benchmarks.config.overrides import CONF
from benchmarks.config.schema import Config

PATH = CONF.parent / "docs" / "configuration.md"
PAGE = """# Configuration reference

Written from `benchmarks/config/schema.py` and `workload.py` by
`python -m benchmarks.commands.configuration`; do not edit.

Every key can be set on the command line: `make bench ARGS="workload=cnn
workload.epochs=3 seed=1,2"`. Values come from `conf/`; what is given on the
command line wins over the suite, the suite over the workload.

## Keys

{keys}

## Keys of a phase

A key that a phase leaves null has the workload's value.

{phases}
"""


@command("Interrupted.")
def main(arguments: list[str]) -> int:
    """Write the reference; `--print` shows it instead."""
    if "--print" in arguments:
        print(reference())
        return 0
    PATH.write_text(reference(), "utf-8")
    print(f"written: {PATH.relative_to(Path.cwd())}")
    return 0


def reference() -> str:
    """The whole page in Markdown."""
    every = [row for row in keys(Config) if not row[0].startswith("place")]
    phases = [row for row in every if "<name>" in row[0]]
    shown = [row for row in every if row not in phases]
    return PAGE.format(keys=_table(shown), phases=_table(phases))


def _table(rows: list[tuple[str, Any]]) -> str:
    lines = ["| key | type | default | meaning | rule |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for name, part in rows:
        if "choices" not in part.metadata:
            lines.append(f"| **`{name}`** | | | {part.metadata['meaning']} | |")
            continue
        cells = (
            f"`{name}`",
            _type(part.type),
            _default(part),
            part.metadata["meaning"],
            _rule(part.metadata),
        )
        lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines)


def _type(kind: Any) -> str:
    options = [o for o in get_args(kind) if o is not type(None)]
    if type(None) in get_args(kind):
        return f"{_type(options[0])} or null"
    if get_origin(kind) is list:
        return f"list of {_type(options[0])}"
    if get_origin(kind) is dict:
        return "keys and values"
    return str(getattr(kind, "__name__", kind))


def _default(part: Any) -> str:
    value = part.default_factory()
    if value == MISSING:
        return "required"
    return f"`{'null' if value is None else value}`"


def _rule(metadata: Any) -> str:
    rule = metadata["rule"]
    return rule.expected if rule else ", ".join(metadata["choices"])


if __name__ == "__main__":
    sys.exit(main())
