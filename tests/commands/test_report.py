"""Which bench is reported, what is said when there is none; README."""

import logging
from pathlib import Path

import pandas as pd
import pytest

import reports
from benchmarks.commands.report import main
from benchmarks.errors import UserError
from reports.results import frame
from tests.support import synthetic, synthetic_store

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_a_bench_that_was_killed_has_a_report(tmp_path):
    out = tmp_path / "out"
    runs = synthetic_store.filled()
    page = reports.build(synthetic_store.KILLED, out=out, runs=runs)
    assert "This bench has not ended" in page.read_text()
    assert 'href="#failures"' not in page.read_text()
    assert len(pd.read_csv(out / "results.csv")) == 1


def test_the_latest_is_the_default(tmp_path):
    bench = frame.load(runs=synthetic_store.filled())
    assert bench.call["id"] == synthetic_store.REUSED


def test_mistakes_are_named(tmp_path, capsys):
    runs = synthetic_store.filled()
    with pytest.raises(UserError, match=f"no bench nope.*{'bbbb'}"):
        reports.build("nope", out=tmp_path, runs=runs)
    with pytest.raises(UserError, match="nothing is recorded yet.*make bench"):
        reports.build(out=tmp_path, runs=tmp_path / "none")
    assert main(["--runs", str(tmp_path)]) == 2
    assert "make bench" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", '[{"model": "cnn"}]', "3"])
def test_a_broken_parity_file_is_named(tmp_path, caplog, content):
    (tmp_path / "parity.json").write_text(content)
    with caplog.at_level(logging.WARNING):
        reports.build(
            synthetic_store.KILLED,
            out=tmp_path,
            runs=synthetic_store.filled(),
        )
    assert "parity.json is no parity result" in caplog.text
    assert 'id="parity"' not in (tmp_path / "index.html").read_text()


def test_an_old_report_survives_a_failure(tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("old")

    def full(path, text, *rest):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match="disk is full"):
        reports.build(
            synthetic_store.KILLED,
            out=tmp_path,
            runs=synthetic_store.filled(),
        )
    assert (tmp_path / "index.html").read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_the_readme_is_rewritten_between_its_markers(tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(
        "before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n"
    )
    runs = ["--runs", str(synthetic_store.filled())]
    runs += ["--invocation", synthetic.INVOCATION]
    for _ in range(2):
        assert main(["readme", str(readme), *runs]) == 0
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "old" not in text and text.count("results:begin") == 1
    capsys.readouterr()
    assert main(["table", *runs]) == 0
    table = capsys.readouterr().out
    assert table.strip() in text
    assert "Imaginary CPU" in table and "24 November 2026" in table
    assert "5 seeds" in table and "**synthetic data**" in table
    readme.write_text("no markers")
    assert main(["readme", str(readme), *runs]) == 2
    assert "needs one line <!-- results:begin -->" in capsys.readouterr().err
