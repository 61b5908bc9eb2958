"""The plan file of an invocation: what a job has to know of its cell.

Written once before the first cell; every launcher, in this process or on
another machine, reads its cells from it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench.cells import Job
from benchmarks.environment import files


@dataclass(frozen=True)
class Plan:
    """The cells to measure, the data they use, and about the invocation."""

    about: dict[str, Any]  # id, suite and code of the invocation
    data: dict[str, Any]  # data set -> its description
    jobs: list[Job]

    def write(self, runs: Path) -> None:
        """Write the plan. Raises UserError on a full disk."""
        path = plan_file(runs, self.about["id"])
        with files.disk(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_json(path, asdict(self))

    @classmethod
    def read(cls, runs: Path, invocation: str) -> "Plan":
        """The plan of an invocation."""
        content = json.loads(plan_file(runs, invocation).read_text("utf-8"))
        jobs = [Job(**job) for job in content["jobs"]]
        return cls(content["about"], content["data"], jobs)


def plan_file(runs: Path, invocation: str) -> Path:
    """The plan file of an invocation."""
    return runs / "plans" / f"{invocation}.json"
