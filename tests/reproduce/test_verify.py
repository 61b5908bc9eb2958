"""Published sets: made with their records, and all measured again."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.commands import reproduce
from benchmarks.errors import UserError
from benchmarks.records import checksums, store
from benchmarks.reproduce import former_names, from_csv
from benchmarks.tracking import sync
from reports.output.publish import publish, without_places
from tests.support import repeatable
from tests.support.repeatable import edit, measured

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CALL = "20261124T101500-ab12"
SETS = Path(__file__).parents[2] / "reports" / "published"
ROWS = SETS / "slides-2026-11-24"
RECORDS = SETS / "quick-2026-11-24" / "records"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return repeatable.install(monkeypatch, tmp_path)


@pytest.fixture
def call(machine, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(reproduce, "PUBLISHED", tmp_path / "published")
    return repeatable.caller(capsys, tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A call of the bench, two seeds, in MLflow; and it published."""
    place = tmp_path_factory.mktemp("made")
    runs = place / "runs"
    with pytest.MonkeyPatch.context() as patch:
        repeatable.install(patch, place)
        places = [measured(runs, f"seed={seed}") for seed in (0, 1)]
    about = {
        "id": CALL,
        "suite": "quick",
        "started": "2026-11-24T10:15:00+00:00",
        "seconds": 9.0,
        "command": "make bench",
        "records": [f"{each.parent.name}/{each.name}" for each in places],
        "finished": True,
    }
    store.write_invocation(runs / "records", about)
    sync.sync(runs / "records")
    publish("ours", None, None, runs, place / "published")
    return place


@pytest.fixture
def bench(made, tmp_path):
    """The folder `runs` of the bench."""
    return Path(shutil.copytree(made / "runs", tmp_path / "runs"))


@pytest.fixture
def published(made, tmp_path):
    """The set that was made of it."""
    ours = "published/ours"
    return Path(shutil.copytree(made / ours, tmp_path / ours))


def first(published):
    return sorted((published / "records").glob("*/001"))[0]


def test_a_set_holds_records_tables_and_digests(published, bench):
    output = checksums.read_manifest(published)
    assert output["name"] == "ours" and output["invocation"] == CALL
    assert set(output["files"]) == {"report.md", "results.csv"}
    ids = {each["id"] for each in store.all(bench / "records")}
    assert set(output["records"]) == ids and len(ids) == 2
    assert checksums.check_files(published, output).problems == []
    for path in (published / "records").glob("*/*"):
        entry = store.read(path)
        assert checksums.check(path, entry) == checksums.Trust()
        assert checksums.check_listed(entry, output) == checksums.Trust()
        assert entry["curves"]["epoch"]["test_loss"] == [0.9, 0.5]
        assert sorted(each.name for each in path.iterdir()) == [
            "checksums.json",
            "record.json",
        ]


def test_what_is_published_tells_no_folder_of_this_machine(published):
    entry = store.read(first(published))
    entry["data"]["source"] = "found in /somewhere/imdb"
    entry["cell"]["framework"]["python"] = "/opt/python"
    entry["environment"]["flags"]["LD_PRELOAD"] = f"{Path.home()}/lib.so"
    output = without_places(entry)
    assert output["data"]["source"] == "found"
    assert output["cell"]["framework"]["python"] is None
    assert str(Path.home()) not in json.dumps(output)
    assert output["metrics"] == entry["metrics"]
    assert output["key"] == entry["key"]


def test_what_is_published_stays(published, bench, tmp_path):
    with pytest.raises(UserError, match="is there already"):
        publish("ours", None, None, bench, tmp_path / "published")
    with pytest.raises(UserError, match="letters, digits and dashes"):
        publish("../ours", None, None, bench, tmp_path / "published")


def test_tables_alone_can_be_published(bench, tmp_path):
    place = publish(
        "tables", None, None, bench, tmp_path / "published", tables=True
    )
    names = sorted(path.name for path in place.iterdir())
    assert names == ["report.md", "results.csv"]


def test_a_tampered_record_is_not_published(bench, tmp_path):
    (place, _) = (bench / "records").glob("*/001")
    edit(place, lambda entry: entry["metrics"].clear())
    with pytest.raises(UserError, match="tampered with and is not published"):
        publish("ours", None, None, bench, tmp_path / "published")
    assert list((tmp_path / "published").glob("*")) == []


def test_all_that_is_published_is_measured_again(
    call, published, machine, tmp_path
):
    code, output = call("--published")
    assert code == 0, output
    assert "2 published records of 1 set\nAbout " in output
    assert "1 of 2  cnn torch eager seed 0  about" in output
    assert "Of 2 published records: 2 reproduced." in output
    assert len(machine.asked) == 6
    summary = (tmp_path / "out" / "verify-ours.md").read_text()
    assert summary.count("| reproduced |") == 2


def test_it_can_be_shortened(call, published, machine):
    code, output = call("--published", "ours", "--only", "cnn/torch/s1")
    assert code == 0, output
    assert {seed for _, seed in machine.asked} == {1}
    code, output = call("--published", "--only", "cnn/jax")
    assert code == 2
    assert "fits no published record" in output and "cnn/torch" in output


def careless(folder):
    edit(folder, lambda e: e["metrics"]["test_accuracy"].update(value=0.9))
    return "metrics.test_accuracy: not as written"


def careful(folder):
    """The record and the checksums beside it."""
    careless(folder)
    entry = store.read(folder)
    content = json.dumps(checksums.content(folder, entry))
    (folder / checksums.FILE).write_text(content)
    return "record.json: not as in the manifest"


def broken(folder):
    (folder / "record.json").write_text("{")
    return "is not whole JSON"


def lost(folder):
    (folder / "record.json").unlink()
    return "there is no such file"


@pytest.mark.parametrize("change", [careless, careful, broken, lost])
def test_after_a_tampered_record_it_goes_on(call, published, machine, change):
    message = change(first(published))
    code, output = call("--published")
    assert code == 1
    assert message in output
    assert "Of 2 published records: 1 reproduced, 1 tampered." in output
    assert {seed for _, seed in machine.asked} == {1}


def test_a_tampered_table_or_manifest_is_found(call, published, machine):
    (published / "report.md").write_text("all is well")
    code, output = call("--published")
    assert code == 1
    assert "report.md: not as in the manifest" in output
    assert machine.asked == []
    (published / checksums.MANIFEST).write_text("{")
    code, output = call("--published")
    assert code == 2
    assert "expected a manifest of schema 1" in output


def test_a_manifest_is_held_against_git(call, published, machine, tmp_path):
    def git(*words):
        named = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *named, *words], cwd=published, check=True)

    git("init", "-q", ".")
    git("add", ".")
    git("commit", "-q", "-m", "Publish")
    assert call("--published", "--only", "s0")[0] == 0
    careful(first(published))  # and the manifest with it
    output = checksums.read_manifest(published)
    checksums.write_manifest(published, {"invocation": output["invocation"]})
    code, output = call("--published", "--only", "s0")
    assert code == 1
    assert "manifest.json: not as committed" in output


def test_a_difference_and_what_cannot_be_tried(call, published, machine):
    machine.accuracy = 0.7
    code, output = call("--published", "--only", "s1")
    assert code == 1
    assert "test_accuracy 0.75 -> 0.7" in output
    machine.raises = ZeroDivisionError("by zero")
    code, output = call("--published", "--only", "s1")
    assert code == 2
    assert "1 could not be tried" in output


def rows():
    with (ROWS / "results.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def write_rows(folder, chosen):
    folder.mkdir(parents=True)
    with (folder / "results.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(chosen[0]))
        writer.writeheader()
        writer.writerows(chosen)


def test_a_set_of_a_table_alone_is_held_against_its_seeds(
    call, machine, tmp_path
):
    chosen = [each for each in rows() if each["workload"] == "cnn"]
    chosen = [each for each in chosen if each["framework"] == "torch"]
    for each in chosen:
        each["data_digest"] = "0" * 64  # the stubbed data's
    write_rows(tmp_path / "published" / "old", chosen)
    machine.accuracy, machine.losses = 0.88, [0.9, 0.34]
    code, output = call("--published", "--only", "s0,s1")
    assert code == 0, output
    assert machine.asked == [("quality", 0), ("quality", 1)]
    machine.accuracy = 0.5
    assert call("--published", "--only", "s0")[0] == 1
    path = next((tmp_path / "out").glob("*s0*.json"))
    actual = json.loads(path.read_text())
    findings = {each["name"]: each for each in actual["findings"]}
    accuracy = findings["test_accuracy"]
    assert accuracy["reason"].startswith("range of 5 seeds, margin 0.01")
    assert any("has no manifest" in note for note in actual["notes"])


def test_a_row_whose_key_comes_out_again_is_the_same_cell():
    entry = from_csv.read(ROWS)[0]
    cell, _ = from_csv.rebuild(entry)
    for names in (dict, former_names.former_cell):  # the present, the former
        entry["key"] = from_csv.key(names(cell), entry)
        assert "its key is the recorded" in from_csv.rebuild(entry)[1]
    entry["key"] = "another"
    cell, source = from_csv.rebuild(entry)
    assert "more of conf/ has changed" in source
    assert cell["workload"]["epochs"] == int(entry["row"]["epochs"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.pop("code_digest"), "no column code_digest"),
        (lambda row: row.update(seed="one"), "line 2: invalid literal"),
    ],
)
def test_a_broken_table_is_one_message(call, tmp_path, change, message):
    chosen = rows()[:1]
    change(chosen[0])
    write_rows(tmp_path / "published" / "old", chosen)
    code, output = call("--published")
    assert code == 2
    assert message in output
