"""An experiment of an MLflow store: search, begin and fill its runs."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.tracking import run as content
from benchmarks.tracking.connect import EXPERIMENT, open_client

if TYPE_CHECKING:
    from mlflow.entities import Run

# Else MLflow opens its pages for language-model traces
KIND = {"mlflow.experimentKind": "custom_model_development"}
RECORD = "triptych.record"
INVOCATION = "triptych.invocation"
DIGEST = "triptych.invocation_digest"  # of invocation.json as it was sent
SENT = "triptych.sent"
POINTS, TAGS = 800, 90  # of one batch; MLflow's bounds are 1,000 and 100
PAGE = 500
IDS = 100  # run ids in one query


class Store:
    """The runs of one experiment: cells under invocations of the bench."""

    def __init__(self, uri: str, runs: Path, experiment: str = EXPERIMENT):
        self.uri = uri
        self.name = experiment
        self.client = open_client(uri, runs / "logs" / "mlflow.log")
        self.local = uri.startswith("sqlite:")
        self.artifacts = (runs / "artifacts").resolve().as_uri()
        self.experiment = self._experiment()
        self.invocations: dict[str, str] = {}  # their run ids

    def search(self, query: str = "") -> list["Run"]:
        """All runs that fit a query in MLflow's search syntax."""
        runs: list[Run] = []
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment], query, max_results=PAGE, page_token=token
            )
            runs += page
            token = page.token
            if not token:
                return runs

    def find(self, tag: str, value: str | None = None) -> dict[str, "Run"]:
        """Runs that bear a tag, by its value; only that value's if given."""
        runs = self.search(f"tags.`{tag}` = '{value}'" if value else "")
        return {r.data.tags[tag]: r for r in runs if tag in r.data.tags}

    def runs(self, ids: Iterable[str]) -> list["Run"]:
        """The runs with these ids, those that still exist, in any order."""
        runs = []
        for batch in _batches([f"'{each}'" for each in ids], IDS):
            runs += self.search(f"attributes.run_id IN ({', '.join(batch)})")
        return runs

    def invocation(self, name: str, suite: str, started: str) -> str:
        """The run id of an invocation, made where it is missing."""
        if name not in self.invocations:
            tags = {INVOCATION: name, "mlflow.source.name": "triptych"}
            title, start = f"{suite} {name}", content.milliseconds(started)
            run = self.find(INVOCATION, name).get(name)
            self.invocations[name] = self.begin(tags, title, start, run)
        return self.invocations[name]

    def send(
        self,
        entry: dict[str, Any],
        folder: Path,
        parent: str,
        run: "Run | None" = None,
    ) -> str:
        """Send one record, or the rest of one into the `run` begun for it.

        The same values at the same moments are stored once, so sending
        again completes a run and doubles nothing.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        start, end = content.times(entry["started"], entry["seconds"])
        tags = {RECORD: entry["id"], "mlflow.parentRunId": parent}
        # The key without its digits: what distinguishes cells for a reader
        title = entry["key"].rpartition("-")[0].replace("-", " ")
        run_id = self.begin(tags, title, start, run)
        self.log(run_id, content.points(entry), end)
        self.describe(run_id, content.parameters(entry), content.tags(entry))
        if about := content.dataset(entry):
            role = InputTag("mlflow.data.context", "training and evaluation")
            inputs = [DatasetInput(Dataset(**about), [role])]
            self.client.log_inputs(run_id, inputs)
        pictures = entry.get("pictures") or []
        for name in ("record.json", *entry["logs"], *pictures):
            path, place = folder / name, str(Path(name).parent)
            if path.is_file():
                inside = None if place == "." else place
                self.client.log_artifact(run_id, str(path), inside)
        self.end(run_id, content.STATUS[entry["status"]], end)
        return run_id

    def begin(
        self,
        tags: dict[str, str],
        name: str,
        start: int,
        run: "Run | None" = None,
    ) -> str:
        """The id of a run: the one begun before, or a new one."""
        if run is None:
            run = self.client.create_run(self.experiment, start, tags, name)
        return str(run.info.run_id)

    def end(self, run_id: str, status: str, at: int) -> None:
        """All is sent: from now on a run is not sent again."""
        self.client.set_terminated(run_id, status, at)
        self.client.set_tag(run_id, SENT, "whole")

    def log(self, run_id: str, points: list[content.Point], at: int) -> None:
        """Metrics, in as few batches as MLflow takes."""
        from mlflow.entities import Metric

        for batch in _batches(points, POINTS):
            metrics = [Metric(p.name, p.value, at, p.step) for p in batch]
            self.client.log_batch(run_id, metrics)

    def describe(
        self, run_id: str, parameters: dict[str, str], tags: dict[str, str]
    ) -> None:
        """Parameters and tags, in batches."""
        from mlflow.entities import Param, RunTag

        for batch in _batches(list(parameters.items()), TAGS):
            self.client.log_batch(run_id, params=[Param(*p) for p in batch])
        for batch in _batches(list(tags.items()), TAGS):
            self.client.log_batch(run_id, tags=[RunTag(*t) for t in batch])

    def _experiment(self) -> str:
        """Our experiment's id, made where it is missing.

        On a server the artifacts lie where the server keeps them.
        """
        experiment = self.client.get_experiment_by_name(self.name)
        if experiment is None:
            place = self.artifacts if self.local else None
            made = self.client.create_experiment(self.name, place, tags=KIND)
            return str(made)
        if experiment.lifecycle_stage == "deleted":
            self.client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)


def _batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
