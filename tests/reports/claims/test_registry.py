"""A workload is added by its YAML and its claim file, and by nothing else."""

import shutil
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

import reports.claims
from benchmarks.config import compose
from benchmarks.tracking import sync
from reports.claims import registry
from reports.results import titles
from tests.support import synthetic_phases

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
NAME = "tiny_dropout"
ABOUT = {
    "title": "Dropout, tiny",
    "slides": "98 and 99",
    "chapter": "vision",
    "order": 35,  # between `mlp` and `filters`
    "bounds": {"gap": 0.5},
}
CLAIM = '''"""Dropout in a tiny network."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference
from reports.results.titles import workload_bound


def questions(row):
    """Test accuracy with dropout less without, against the YAML's bound."""
    values = difference(row, "dropout", "without")
    bound = workload_bound("tiny_dropout", "gap")
    return [Question("what dropout adds", "points", values, "below", bound)]


CLAIM = Claim(
    "a tiny network gains nothing by dropout",
    questions,
    [charts.accuracies("without", "dropout")],
)
'''


@pytest.fixture
def added(tmp_path, monkeypatch) -> Path:
    """A folder with all workloads, a further one, and its claim."""
    workloads = tmp_path / "workload"
    shutil.copytree(titles.WORKLOADS, workloads)
    content = OmegaConf.load(workloads / "mlp.yaml")
    content.name, content.report = NAME, ABOUT
    OmegaConf.save(content, workloads / f"{NAME}.yaml")
    claims = tmp_path / "claims"
    claims.mkdir()
    (claims / f"{NAME}.py").write_text(CLAIM, "utf-8")
    monkeypatch.setattr(titles, "WORKLOADS", workloads)
    path = [*reports.claims.__path__, str(claims)]
    monkeypatch.setattr(reports.claims, "__path__", path)
    yield tmp_path
    sys.modules.pop(f"reports.claims.{NAME}", None)


def test_its_title_claim_chart_and_place_are_in_the_report(added):
    entries = [
        synthetic_phases.entry(workload, framework, seed)
        for workload in ("filters", "mlp")
        for framework in ("torch", "jax")
        for seed in (1, 2)
    ]
    entries += [
        _as(NAME, entry) for entry in entries if entry["workload"] == "mlp"
    ]
    runs = added / "runs"
    synthetic_phases.fill(runs / "records", entries, "20261130T090000-ffff")
    sync.sync(runs / "records")
    page = reports.build(out=added / "out", runs=runs).read_text("utf-8")
    words = (added / "out" / "report.md").read_text("utf-8")
    heads = [line for line in words.splitlines() if line.startswith("## ")]
    assert heads == ["## Dropout", "## Dropout, tiny", "## Filters"]
    claim = "A tiny network gains nothing by dropout (slides 98 and 99): "
    assert f"{claim}supported in PyTorch and JAX; what dropout adds: " in words
    assert f'id="chart-{NAME}-fashion_mnist-accuracies-0"' in page
    assert f'id="chart-{NAME}-fashion_mnist-difference"' in page


def test_a_workload_without_a_claim_file_has_none(added):
    (added / "claims" / f"{NAME}.py").write_text('"""No claim."""\n')
    sys.modules.pop(f"reports.claims.{NAME}", None)
    assert NAME not in registry.claims()
    assert titles.workload_title(NAME) == "Dropout, tiny"


def test_every_claim_belongs_to_a_workload():
    assert set(registry.claims()) <= set(titles.workloads())


def test_a_model_has_the_title_of_the_workload_that_trains_it():
    assert titles.workload_title("seq2seq") == "Encoder-decoder"
    assert titles.workload_title("autoencoder") == "Autoencoder"
    assert titles.workload_order("autoencoder") < titles.workload_order("mlp")
    assert titles.workload_title("unknown") == "unknown"
    assert titles.workload_slides("mlp") == "slide 4"
    assert titles.workload_slides("lstm") == "slides 17 to 19"


@pytest.mark.parametrize("key", ["title", "order", "bounds"])
def test_the_report_block_is_no_part_of_a_cell(key):
    """It cannot change a number, so it is not in a record's key."""
    cell, _ = compose.compose("workload=tagging", "framework=torch")
    assert "report" not in cell["workload"]
    assert key in OmegaConf.load(titles.WORKLOADS / "tagging.yaml").report


def _as(name, entry):
    """The same record of another workload."""
    workload = entry["cell"]["workload"] | {"name": name}
    return entry | {
        "workload": name,
        "key": entry["key"].replace("mlp", name, 1),
        "cell": entry["cell"] | {"workload": workload},
    }
