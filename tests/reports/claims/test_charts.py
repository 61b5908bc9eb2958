"""The chapter's workloads on the page: sentences, plots, pictures, tables."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import reports
from benchmarks.commands.report import main
from benchmarks.tracking import read, run, sync
from reports.results import frame
from tests.support import synthetic_phases, synthetic_store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def latest(tmp_path_factory) -> Path:
    """The report of every workload that has phases."""
    out = tmp_path_factory.mktemp("chapter")
    reports.build(out=out, runs=synthetic_store.chapter())
    return out


@pytest.fixture(scope="module")
def page(latest) -> str:
    return (latest / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def charts(page) -> dict:
    result = re.search(r'id="figures">(.*?)</script>', page, re.S)
    return json.loads(result[1])


@pytest.fixture(scope="module")
def bench() -> frame.Bench:
    return frame.load(runs=synthetic_store.chapter())


def section(page: str, anchor: str) -> str:
    result = page[page.index(f'<section id="{anchor}"') :]
    return result[: result.index("</section>")]


def values(chart: dict, name: str) -> list:
    (result,) = [t["y"] for t in chart["data"] if t.get("name") == name]
    return result


def test_phases_are_columns_behind_the_canonical_ones(latest):
    table = pd.read_csv(latest / "results.csv")
    names = list(table.columns)
    assert names[:3] == ["workload", "framework", "mode"]
    first = next(n for n, name in enumerate(names) if "." in name)
    assert all("." in name for name in names[first:])
    assert names.index("record") < first
    row = table[(table.workload == "resnet") & (table.framework == "jax")]
    metrics = synthetic_phases.entry("resnet", "jax", 2)["metrics"]
    accuracy = metrics["skips.test_accuracy"]["value"]
    result = row[row.seed == 2].iloc[0]
    assert result["skips.test_accuracy_fraction"] == pytest.approx(accuracy)
    assert pd.isna(result["frozen_5.test_accuracy_fraction"])
    assert "skips.test_accuracy_fraction_low" not in table
    speed = "skips_slow.training_examples_per_second"
    assert {f"{speed}_low", f"{speed}_repeats"} <= set(names)


def test_curves_of_phases_arrive(bench):
    entry = synthetic_phases.entry("vanishing", "torch", 1)
    (record,) = [
        name
        for name in bench.details
        if name.startswith("vanishing-torch") and "-s1-" in name
    ]
    own = bench.curves[bench.curves["record"] == record]
    for curve in ("sigmoid.gradient/hidden.1", "relu.epoch/test_accuracy"):
        kind, name = curve.split("/")
        given = entry["curves"][kind]
        result = own[own["curve"] == curve]
        steps = given.get("step") or range(1, len(given[name]) + 1)
        assert result["step"].tolist() == list(steps)
        assert result["value"].tolist() == given[name]


def test_the_order_and_the_units_of_sixteen_phases_survive(bench):
    record = next(r for r in bench.details if r.startswith("transfer-jax"))
    entry = synthetic_phases.entry("transfer", "jax", 1)
    detail = bench.details[record]
    assert detail["order"] == list(entry["cell"]["workload"]["phases"])
    assert set(detail["units"]) == {
        name
        for name, metric in entry["metrics"].items()
        if metric["value"] is not None
    }


def test_units_and_reasons_are_never_cut():
    """A store cuts its tags; the record beside them is whole."""
    entry = synthetic_phases.entry("transfer")
    long = {
        f"phase_{n}.loss": entry["metrics"]["test_loss"] for n in range(300)
    }
    tags = run.tags(entry | {"metrics": long, "reason": "x" * 9000})
    assert max(map(len, tags.values())) < 6000
    detail = frame._details(entry | {"metrics": long})
    assert set(detail["units"]) == set(long)


class Remote(read.Store):
    """A store whose files are fetched into a folder of their own."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.local = False


@pytest.mark.parametrize("kind", [read.Store, Remote])
def test_pictures_arrive_by_path_and_over_the_net(bench, monkeypatch, kind):
    given = synthetic_phases.pictures(1)
    monkeypatch.setattr(read, "Store", kind)
    result = frame.load(runs=synthetic_store.chapter()).pictures
    assert set(result) == set(bench.pictures) and len(result) == 2
    for pictures in result.values():
        assert pictures.lost == {} and set(pictures.arrays) == set(given)
        for name, array in pictures.arrays.items():
            assert np.array_equal(array, given[name])


def test_pictures_that_are_lost_or_broken_have_a_reason(monkeypatch, caplog):
    artifact = read.artifact

    def spoilt(store, run, path):
        if path.endswith("record.json") or path == read.FILE:
            return artifact(store, run, path)
        if "slide" in path:
            raise OSError("no route to host")
        broken = io.BytesIO()
        np.save(broken, np.array([1.0, np.nan]))
        return broken.getvalue()

    monkeypatch.setattr(read, "artifact", spoilt)
    result = frame.load(runs=synthetic_store.chapter()).pictures
    assert result
    for pictures in result.values():
        assert pictures.arrays == {}
        assert pictures.lost["slide.maps"] == "no route to host"
        assert "not all of its numbers" in pictures.lost["images"]
    assert "slide.maps.npy of filters-" in caplog.text


def test_every_claim_stands_at_its_head_in_one_sentence(page, latest):
    words = (latest / "report.md").read_text()
    for workload, (_, data, *_) in synthetic_phases.ABOUT.items():
        own = section(page, f"{workload}-{data}")
        (text,) = re.findall(r'<p class="says">(.*?)</p>', own, re.S)
        assert "supported in PyTorch and JAX" in text
        assert own.index('class="says"') < own.index('class="card"')
        assert words.count(text.replace("&#39;", "'")[:60]) == 2
    assert 'class="contents"' in page
    assert page.count("supported</span>") == 14  # contents and sections


@pytest.mark.parametrize(
    "name",
    [
        "vanishing-fashion_mnist-gradient-0-sigmoid",
        "vanishing-fashion_mnist-gradient-1-relu",
        "vanishing-fashion_mnist-accuracies-1",
        "pretraining-fashion_mnist-reconstruction",
        "pretraining-fashion_mnist-accuracies-0",
        "mlp-fashion_mnist-accuracies-0",
        "mlp-fashion_mnist-gap",
        "cnn_average-fashion_mnist-accuracies-1",
        "cnn_average-fashion_mnist-difference",
        "resnet-fashion_mnist-accuracies-0",
        "resnet-fashion_mnist-difference",
        "transfer-synthetic_mnist-labels-0",
        "transfer-synthetic_mnist-difference",
    ],
)
def test_every_plot_is_there_and_is_what_plotly_takes(page, charts, name):
    from plotly import graph_objects

    assert f'id="chart-{name}"' in page
    assert len(graph_objects.Figure(charts[name]).data) > 0


def test_gradients_have_a_line_for_each_layer_on_one_log_scale(charts):
    left, right = (
        charts[f"vanishing-fashion_mnist-gradient-0-{phase}"]
        for phase in ("sigmoid", "relu")
    )
    names = [t["name"] for t in left["data"]]
    assert names == list(synthetic_phases.LAYERS)
    assert left["layout"]["yaxis"]["type"] == "log"
    assert left["layout"]["yaxis"]["range"] == right["layout"]["yaxis"]["range"]
    given = [
        synthetic_phases.entry("vanishing", "torch", seed)["curves"][
            "sigmoid.gradient"
        ]["hidden.0"][0]
        for seed in (1, 2, 3)
    ]
    mean = (given[0] * given[1] * given[2]) ** (1 / 3)
    assert values(left, "hidden.0")[0] == pytest.approx(mean, rel=1e-4)


def test_labels_have_three_lines_with_bands(charts):
    chart = charts["transfer-synthetic_mnist-labels-0"]
    assert chart["layout"]["xaxis"]["type"] == "log"
    lines = [t for t in chart["data"] if t.get("name")]
    assert [t["name"] for t in lines] == ["scratch", "frozen", "tuned"]
    assert lines[0]["x"] == [5, 10, 20, 50, 100]
    assert len([t for t in chart["data"] if t.get("fill") == "toself"]) == 3
    given = [
        synthetic_phases.entry("transfer", "torch", seed)["metrics"][
            "tuned_5.test_accuracy"
        ]["value"]
        for seed in (1, 2, 3)
    ]
    assert lines[2]["y"][0] == pytest.approx(100 * sum(given) / 3, rel=1e-4)


def test_reconstruction_goes_through_the_layers(charts):
    chart = charts["pretraining-fashion_mnist-reconstruction"]
    lines = [t for t in chart["data"] if t.get("name") == "PyTorch"]
    assert [t["showlegend"] for t in lines] == [True, False, False]
    assert [round(t["x"][0]) for t in lines] == [1, 2, 3]


def test_filters_are_pictures_in_the_page(page):
    own = section(page, "filters-fashion_mnist")
    pictures = re.findall(r'src="(data:image/png;base64,[^"]+)"', own)
    images, filters = synthetic_phases.IMAGES, synthetic_phases.FILTERS
    assert len(pictures) == 2 + filters + images * (1 + 2 + 1 + filters)
    assert "PyTorch and JAX look the same" in own
    assert not re.search(r'<img [^>]*src="(?!data:)', page)


def test_throughput_is_compared_for_each_timed_phase(page, latest):
    own = section(page, "transfer-synthetic_mnist")
    assert '<th scope="row">scratch_20' in own
    assert '<th scope="row">frozen_20' in own
    assert "frozen_20: PyTorch trains 1." in own
    assert "| frozen_20 |" in (latest / "report.md").read_text()


def test_the_readme_gets_claims_and_throughputs(tmp_path, capsys):
    runs = ["--runs", str(synthetic_store.chapter())]
    assert main(["table", *runs]) == 0
    table = capsys.readouterr().out
    assert "✓ Dropout, units switched off" in table
    assert "| Fastest over slowest, ratio |" in table
    for block in re.findall(r"(?:^\|.*\n)+", table, re.M):
        assert len({line.count(" | ") for line in block.splitlines()}) == 1


def test_a_page_of_many_workloads_does_not_list_each_ones_fastest(page):
    assert "Fastest training of 6 workloads: " in page
    assert "trains fastest in" not in page


def test_one_seed_has_no_interval(tmp_path):
    runs = tmp_path / "runs"
    entries = [synthetic_phases.entry(name) for name in ("mlp", "transfer")]
    name = "20261129T090000-eeee"
    synthetic_phases.fill(runs / "records", entries, name)
    sync.sync(runs / "records")
    reports.build(out=tmp_path / "out", runs=runs)
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("supported in this run (one seed)</span>") == 4
    assert "supported</span>" not in page
    assert "2 claims: 2 supported in one seed." in page
    command = "make bench SUITE=vision ARGS=workload=mlp"
    assert f"<code>{command}</code>" in page
    own = section(page, "mlp-fashion_mnist")
    own = own[: own.index("Training throughput")]
    assert own.count("One seed: no interval.") == 4
    assert "t interval" not in own
    words = (tmp_path / "out" / "report.md").read_text()
    assert "One seed: no interval. Supported in this run: every" in words
    assert "- (✓) Dropout" in words and f"`{command}`" in words
