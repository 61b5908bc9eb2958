"""The files of a report: one row per cell, one page, no net, no lies."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import reports
from benchmarks.tracking import sync
from reports.results import columns
from reports.sections import parity
from tests.support import synthetic, synthetic_store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def latest(tmp_path_factory) -> Path:
    """The report of the whole suite, with parity beside it."""
    out = tmp_path_factory.mktemp("report")
    (out / "parity.json").write_text(json.dumps(synthetic.parity()))
    page = reports.build(
        synthetic.INVOCATION, out=out, runs=synthetic_store.filled()
    )
    assert page == out / "index.html"
    return out


@pytest.fixture(scope="module")
def page(latest) -> str:
    return (latest / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def charts(page) -> dict:
    match = re.search(r'id="figures">(.*?)</script>', page, re.S)
    return json.loads(match[1])


def test_only_whole_files_are_left(latest):
    names = {path.name for path in latest.iterdir()}
    assert names == {
        "index.html",
        "parity.json",
        "report.md",
        "results.csv",
        "results.parquet",
    }


def test_one_row_per_cell_with_its_values(latest):
    table = pd.read_csv(latest / "results.csv")
    assert len(table) == 60
    row = table[
        (table.workload == "rnn")
        & (table.framework == "jax")
        & (table.seed == 2)
    ].iloc[0]
    metrics = synthetic.entry("rnn", "jax", 2)["metrics"]
    speed = metrics["training_examples_per_second"]
    for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
        name = f"training_examples_per_second{suffix}"
        assert row[name] == pytest.approx(speed[part], rel=1e-12)
    assert row.training_examples_per_second_repeats == 10
    accuracy = metrics["test_accuracy"]["value"]
    assert row.test_accuracy_fraction == pytest.approx(accuracy, rel=1e-12)
    assert row.data == "imdb" and not row.synthetic
    assert pd.isna(row.allocator_peak_bytes)
    assert "allocator_peak_bytes: this device has no" in row.missing


def test_every_measure_has_a_unit_in_its_name(latest):
    table = pd.read_csv(latest / "results.csv")
    for name in synthetic.entry()["metrics"]:
        (column,) = [
            title
            for title in table.columns
            if title == columns.column(name, {}) and title + "_repeats" in table
        ]
        assert {f"{column}_low", f"{column}_high"} <= set(table.columns)
        assert re.search(
            r"_(seconds|milliseconds|bytes|count|fraction|nats|per_second)$",
            column,
        )


def test_unfinished_cells_are_rows_too(latest):
    table = pd.read_csv(latest / "results.csv")
    lost = table[table.status != "finished"].set_index("status")
    assert set(lost.index) == {"failed", "skipped"}
    assert "signal 9" in lost.loc["failed", "reason"]
    assert lost.training_examples_per_second.isna().all()


def test_parquet_and_csv_say_the_same(latest):
    left = pd.read_csv(latest / "results.csv")
    right = pd.read_parquet(latest / "results.parquet")
    assert list(left.columns) == list(right.columns)
    assert right["seed"].dtype == "Int64" and right["synthetic"].dtype == bool
    for column in left.select_dtypes("number"):
        assert left[column].astype(float).equals(right[column].astype(float))


class Parts(HTMLParser):
    """Tags opened and closed, addresses, texts of headings."""

    def __init__(self):
        super().__init__()
        self.addresses, self.open, self.ids = [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        names = ("src", "href", "action", "data", "poster", "srcset")
        self.addresses += [values[name] for name in names if name in values]
        if "id" in values:
            self.ids.append(values["id"])
        void = ("meta", "link", "br", "rect", "path", "circle", "img")
        if tag not in void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "rect", "circle"):
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def parts(page) -> Parts:
    parser = Parts()
    parser.feed(page)
    return parser


def test_the_page_is_well_formed(parts):
    assert parts.open == []
    assert len(parts.ids) == len(set(parts.ids))
    inner = [a[1:] for a in parts.addresses if a.startswith("#")]
    assert set(inner) <= set(parts.ids)


def test_the_page_needs_no_net(parts, page):
    outer = [a for a in parts.addresses if not a.startswith("#")]
    data = [a for a in outer if a.startswith("data:image/svg")]
    assert set(outer) - set(data) == {
        "results.csv",
        "results.parquet",
        "report.md",
    }
    assert "default-src 'none'" in page  # and the browser holds it to that
    assert "plotly.js v" in page


def test_every_chart_has_its_place_and_its_table(parts, charts):
    places = {id[6:] for id in parts.ids if id.startswith("chart-")}
    assert places == set(charts)
    for workload, data in (("cnn", "fashion_mnist"), ("rnn", "imdb")):
        for name in ("throughput", "accuracy", "losses", "startup"):
            assert f"{workload}-{data}-{name}" in charts
    assert {"differences", "ratios", "parity"} <= set(charts)


def test_charts_are_what_plotly_takes(charts):
    from plotly import graph_objects

    for name, chart in charts.items():
        figure = graph_objects.Figure(chart)  # raises on a wrong word
        assert len(figure.data) > 0, name


def test_the_charts_show_what_was_measured(charts):
    chart = charts["cnn-fashion_mnist-throughput"]
    seeds = next(
        trace
        for trace in chart["data"]
        if trace.get("customdata") and "PyTorch" in trace["y"][0]
    )
    for seed, value in zip(seeds["customdata"], seeds["x"], strict=True):
        metrics = synthetic.entry("cnn", "torch", seed)["metrics"]
        metric = metrics["training_examples_per_second"]
        assert value == pytest.approx(metric["value"])
    losses = charts["rnn-imdb-losses"]["data"]
    validation = [t for t in losses if "markers" in t["mode"]]
    assert len(validation) == 4
    assert validation[0]["x"] == [625, 1250]  # 20,000 examples by 32


def test_the_code_of_each_workloads_models_is_folded_in(page):
    assert page.count('<details class="code">') == page.count(
        "<h5>The equations in NumPy"
    )
    for name in ("torch", "tensorflow", "jax", "reference", "slide"):
        assert f"<code>impls/cnn/{name}.py</code>" in page


def test_synthetic_data_is_marked_once_per_section(page):
    section = page[page.index('<section id="bilstm-synthetic_imdb"') :]
    section = section[: section.index("</section>")]
    assert section.count("synthetic data</b> synthetic_imdb") == 1
    heading = re.search(r"<h2>.*?</h2>", section, re.S)[0]
    assert "synthetic data</b> synthetic_imdb" in heading
    section = page[page.index('<section id="cnn-fashion_mnist"') :]
    assert "synthetic" not in section[: section.index("</section>")]


def test_which_data_are_synthetic_is_one_line_with_the_reasons_folded(page):
    start = page.index('<div class="warning">')
    warning = page[start : page.index("</div>", start)]
    line, _, folded = warning.partition("<details>")
    assert "1 of 3 data sets are synthetic (synthetic_imdb)" in line
    assert "stands in" not in line
    assert folded.count("<li>synthetic_imdb stands in: imdb was neither") == 1
    assert "<code>make data</code>" in folded


def test_mixed_tables_mark_the_rows_that_are_synthetic(page):
    start = page.index('<section class="first"')
    first = page[start : page.index("</section>", start)]
    rows = re.findall(r"<tr>\s*<th scope.*?</tr>", first, re.S)
    marked = ["synthetic_imdb" in row for row in rows]
    assert marked == [False, False, True]
    assert 'href="#bilstm-synthetic_imdb">BiLSTM</a>' in rows[2]


def test_what_is_missing_is_a_dash_with_its_reason(page):
    section = page[page.index('<section id="cnn-fashion_mnist"') :]
    section = section[: section.index("</section>")]
    assert section.count("–<sup>2</sup>") == 4
    assert "<li>no compile: eager: nothing is compiled</li>" in section
    assert "<li>this device has no allocator statistics</li>" in section


def test_failures_are_shown_and_cannot_become_html(page):
    section = page[page.index('<section id="failures"') :]
    section = section[: section.index("</section>")]
    assert "BiLSTM JAX jit float32 cpu seed 4" in section
    assert "&lt;b&gt;not HTML&lt;/b&gt; &amp; Killed" in section
    assert "torch is not installed" in section
    assert re.search(r'href="#failures">Failures <b>\d+</b>', page)


def test_a_workload_without_a_value_has_no_brackets_to_explain(tmp_path):
    records = tmp_path / "runs" / "records"
    synthetic.fill(records, [synthetic.failed("rnn", "jax", 1)])
    sync.sync(records)
    page = reports.build(out=tmp_path / "out", runs=tmp_path / "runs")
    words = page.read_text("utf-8")
    assert "RNN JAX jit float32 cpu seed 1" in words
    assert "In brackets" not in words


def test_verdicts_and_parity_are_in_words(page, latest):
    words = (latest / "report.md").read_text()
    for text in (page, words):
        assert "equivalent" in text and "different" in text
        assert "inconclusive: " in text
        assert "3.0e-10" in text
    assert page.count('<td class="number over"') == 2
    assert "ValueError: no such axis, bound 5.0e-06" in page
    assert "**failed over**" in words and "**3.0e-10 over**" in words


def test_exact_agreement_holds_a_bound_of_nothing():
    every = [parity.Difference(**entry) for entry in synthetic.parity()]

    def largest(precision, *key):
        return parity.largest(
            own
            for own in every
            if own.precision == precision
            and key in ((), (own.model, own.check))
        )

    worst = largest("float64", "cnn", "names and shapes")
    assert worst.holds and (worst.error, worst.bound) == (0.0, 0.0)
    worst = largest("float64")
    assert (worst.error, worst.holds) == (3e-10, False)
    unknown = largest("float32", "cnn", "trajectory")
    assert unknown.holds and unknown.bound is None


def test_the_pull_requests_tables_are_whole(latest):
    words = (latest / "report.md").read_text()
    assert "**Synthetic data**: 1 of 3 data sets are synthetic" in words
    assert "| BiLSTM (4 to 5 seeds, **synthetic data**) | " in words
    for block in re.findall(r"(?:^\|.*\n)+", words, re.M):
        widths = {line.count(" | ") for line in block.splitlines()}
        assert len(widths) == 1
    assert "In brackets: mean over 4 to 5 seeds, 95 % t interval" in words
    assert "<b>" not in words
