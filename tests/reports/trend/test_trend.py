"""The trend: its series, its changes, and what is not searched."""

import csv
import json
import re
from pathlib import Path

import pytest

from benchmarks.commands.trend import main
from benchmarks.errors import UserError
from benchmarks.records import verdicts
from benchmarks.tracking import gates
from reports.trend import changes
from reports.trend import write as trend
from tests.support import synthetic
from tests.support.synthetic_history import (
    RATE,
    entry,
    fill,
    flat,
    moment,
    noisy,
    other_torch,
    rates,
    revision,
    slower,
    verdict,
)


def test_the_files_have_the_change_and_its_time(tmp_path, capsys):
    rates(tmp_path, noisy(slower))
    assert _run(tmp_path) == 0
    shown = capsys.readouterr().out
    assert "One change point in 1 series of at least 13 points" in shown
    assert "% slower" in shown and "00000016 → 00000017" in shown
    text = (tmp_path / "out/trend.csv").read_text()
    (row,) = csv.DictReader(text.splitlines())
    assert row["when"] == moment(17)
    assert row["revision_before"] == revision(16)
    assert row["revision_after"] == revision(17)
    assert row["metric"] == RATE and row["direction"] == "slower"
    assert float(row["change_percent"]) == pytest.approx(-10, abs=1)
    assert float(row["after"]) == pytest.approx(17_100, rel=0.01)
    assert row["revision_after"][:8] in (tmp_path / "out/trend.md").read_text()


def test_no_change_is_reported(tmp_path, capsys):
    rates(tmp_path, noisy(flat))
    assert _run(tmp_path) == 0
    shown = capsys.readouterr().out
    assert "No change points in 1 series of at least 13 points" in shown
    rows = (tmp_path / "out/trend.csv").read_text().splitlines()
    assert rows == [",".join(trend.COLUMNS)]


def test_environments_are_never_joined(tmp_path):
    """A new library comes with the change: two flat series, no change."""
    values = noisy(slower)
    rates(tmp_path, values[:17])
    rates(tmp_path, values[17:], first=17, **other_torch())
    kept = trend.gather(tmp_path, [RATE])
    assert [len(own.points) for own in kept.series] == [17, 13]
    assert [own.part for own in kept.series] == [0, 1]
    assert kept.steps == []
    (split,) = kept.splits
    assert split.differs == ["torch 2.13.0 → 2.14.0"]
    text = trend.text(kept)
    assert "since 18 October 2026 measured with torch 2.13.0" in text
    trend.write(kept, tmp_path / "out")
    page = (tmp_path / "out/trend.html").read_text()
    assert "from 18 October 2026: torch 2.13.0 → 2.14.0" in page
    colors = {t["line"]["color"] for t in _traces(page, "series")}
    assert len(colors) == 2


def test_another_machine_has_a_short_description(tmp_path):
    around = {"cpu": "Other", "cores": 64, "threads": 64, "os": "Other"}
    around |= {"python": "3.12.1", "driver": "595", "gpu": "Imaginary"}
    around = {**synthetic.entry()["environment"], **around}
    rates(tmp_path, [1.0])
    rates(tmp_path, [2.0], first=1, environment=around, fingerprint="other")
    kept = trend.gather(tmp_path, [RATE])
    (split,) = kept.splits
    assert len(split.differs) == 7 and "cores 2 → 64" in split.differs
    assert "and 3 more. Earlier numbers" in trend.text(kept)


def test_synthetic_data_is_not_joined_with_the_real(tmp_path):
    stand_in = {"name": "drawn", "synthetic": True, "digest": "d" * 64}
    rates(tmp_path, [1.0, 1.1])
    rates(tmp_path, [1.2], first=2, data=stand_in)
    kept = trend.gather(tmp_path, [RATE])
    assert [len(own.points) for own in kept.series] == [2, 1]
    (split,) = kept.splits
    assert "data fashion_mnist → drawn (synthetic)" in split.differs


def test_cells_of_another_setting_are_named_apart(tmp_path):
    one, other = entry(0, {RATE: 1.0}), entry(1, {RATE: 2.0})
    other["cell"]["workload"]["data"]["batch_size"] = 100
    fill(tmp_path, [one, other])
    kept = trend.gather(tmp_path, [RATE])
    names = {series.cell for series in kept.series}
    assert names == {
        "PyTorch eager (batch size 100)",
        "PyTorch eager (batch size 200)",
    }
    assert "CNN, PyTorch eager (batch size 100): 1 of" in trend.text(kept)


def test_seeds_of_one_bench_are_one_point(tmp_path):
    pairs = enumerate((3.0, 1.0, 9.0))
    fill(tmp_path, [entry(0, {RATE: v}, seed=n) for n, v in pairs])
    (series,) = trend.gather(tmp_path, [RATE]).series
    assert series.points[["value", "count"]].values.tolist() == [[3, 3]]


def test_too_short_is_reported_with_both_numbers(tmp_path):
    rates(tmp_path, noisy(flat, 5))
    kept = trend.gather(tmp_path, [RATE])
    assert "Too little history" in trend.text(kept)
    assert "5 of the 13 points that it takes (training)" in trend.text(kept)


def test_nothing_kept_is_a_message(tmp_path, capsys):
    assert _run(tmp_path) == 2
    shown = capsys.readouterr()
    assert "make bench" in shown.err and shown.out == ""
    assert not (tmp_path / "out").exists()


def test_failures_alone_are_a_message(tmp_path):
    fill(tmp_path, [synthetic.failed("cnn", "torch", 1)])
    with pytest.raises(UserError, match="no cell finished"):
        trend.gather(tmp_path)


def test_failed_cells_are_counted(tmp_path):
    rates(tmp_path, [1.0, 2.0])
    fill(tmp_path, [synthetic.failed("cnn", "torch", 1)])
    fill(tmp_path, [synthetic.skipped("cnn", "jax", 1)])
    kept = trend.gather(tmp_path, [RATE])
    assert kept.kept.about == (
        "3 benches; left out: 1 failed cell and 1 skipped cell"
    )
    assert len(kept.series) == 1


def test_broken_files_are_named_and_skipped(tmp_path, capsys):
    rates(tmp_path, [1.0, 2.0])
    (first, *_) = sorted(tmp_path.glob("records/*/001/record.json"))
    first.write_text('{"half')
    verdicts.place(tmp_path).mkdir(parents=True)
    (verdicts.place(tmp_path) / "a.json").write_text("[]")
    odd = entry(5, {RATE: 1.0})
    del odd["cell"]["framework"]["name"]
    fill(tmp_path, [odd])
    assert _run(tmp_path) == 0
    shown = capsys.readouterr().err
    assert f"{first} is not whole JSON" in shown
    assert "a.json is no gate" in shown
    assert "cnn-torch-005-1/001 lacks or misstates 'name'" in shown
    page = (tmp_path / "out/trend.html").read_text()
    assert "3 broken files skipped" in page


def test_the_page_has_every_series_once(tmp_path):
    fill(
        tmp_path,
        [
            entry(n, {RATE: value}, framework=name)
            for name in ("torch", "jax")
            for n, value in enumerate(noisy(slower))
        ],
    )
    fill(tmp_path, [entry(31, {RATE: 2.0}, **other_torch())])
    kept = trend.gather(tmp_path)
    trend.write(kept, tmp_path / "out")
    page = (tmp_path / "out/trend.html").read_text()
    drawn = [(t["name"], len(t["x"])) for t in _traces(page, "series")]
    wanted = [
        (f"{s.cell} {s.source} {s.fingerprint}", len(s.points))
        for s in kept.series
    ]
    assert sorted(drawn) == sorted(wanted)
    assert len(_traces(page, "level")) >= 2 * 2
    ids = re.findall(r'id="(chart-[\w-]+)"', page)
    assert len(ids) == len(set(ids)) == len(_figures(page))
    assert "eager: nothing is compiled" in page
    bare = re.sub("<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="(https?:)?//', bare)


def test_charts_are_what_plotly_takes(tmp_path):
    import plotly.graph_objects as go

    rates(tmp_path, noisy(slower))
    trend.write(trend.gather(tmp_path), tmp_path)
    for figure in _figures((tmp_path / "trend.html").read_text()).values():
        plain = re.sub(r"var\(--[\w-]+\)", "#123456", json.dumps(figure))
        go.Figure(json.loads(plain))


def test_gates_are_series_of_their_own(tmp_path):
    """In the bench's words: examples per second, and the same color."""
    for number in range(3):
        rates(tmp_path, [19_000.0], first=number)
        gates.keep(verdict(number, step=10.0), tmp_path, "nowhere", _silent)
    kept = trend.gather(tmp_path, [RATE])
    bench, gate = sorted(kept.series, key=lambda one: one.source)
    assert (bench.source, gate.source) == ("bench", "gate")
    assert gate.points["value"].tolist() == [20_000.0] * 3
    assert gate.points["count"].tolist() == [8] * 3
    assert gate.points["short"][0] == "00000000*"
    assert bench.part == gate.part == 0 and kept.splits == []
    assert kept.kept.about == "3 benches and 3 gates"
    trend.write(kept, tmp_path)
    page = (tmp_path / "trend.html").read_text()
    assert "an open mark is the head of one gate" in page


def test_since_leaves_out_what_is_older(tmp_path):
    rates(tmp_path, [1.0, 2.0, 3.0])
    kept = trend.gather(tmp_path, [RATE], "2026-10-02")
    assert kept.series[0].points["value"].tolist() == [2.0, 3.0]
    with pytest.raises(UserError, match="measured since 2027-01-01"):
        trend.gather(tmp_path, since="2027-01-01")
    with pytest.raises(UserError, match="--since soon: expected a date"):
        trend.gather(tmp_path, since="soon")


def test_an_unknown_metric_is_refused_with_its_neighbours(tmp_path):
    rates(tmp_path, [1.0])
    with pytest.raises(UserError, match=f"--metric training_example:.*{RATE}"):
        trend.gather(tmp_path, ["training_example"])


def test_without_the_library_series_are_drawn_unsearched(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(changes, "available", lambda: False)
    rates(tmp_path, noisy(slower))
    assert _run(tmp_path) == 0
    shown = capsys.readouterr()
    assert "not searched" in shown.out and "make setup" in shown.err
    page = (tmp_path / "out/trend.html").read_text()
    assert "Not searched for changes" in page
    assert len(_traces(page, "series")) == 1


def test_words_of_a_page_are_not_markup(tmp_path):
    odd = other_torch("<b>2</b>")
    rates(tmp_path, [1.0])
    rates(tmp_path, [1.0], first=1, **odd)
    trend.write(trend.gather(tmp_path), tmp_path)
    assert "<b>2</b>" not in (tmp_path / "trend.html").read_text()


def _run(runs: Path) -> int:
    folder = str(runs / "out")
    return main(
        ["--runs", str(runs), "--folder", folder, "--metric", RATE]
        if (runs / "records").exists()
        else ["--runs", str(runs), "--folder", folder]
    )


def _figures(page: str) -> dict:
    kept = re.search(r'id="figures">(.*?)</script>', page, re.S)
    assert kept
    return json.loads(kept[1])


def _traces(page: str, kind: str) -> list[dict]:
    return [
        trace
        for figure in _figures(page).values()
        for trace in figure["data"]
        if trace["meta"] == kind
    ]


def _silent(text: str) -> None:
    """Ignores the message that the store is no address."""
