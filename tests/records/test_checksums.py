"""Any value of a record that is edited is found, and named."""

import json
from copy import deepcopy

import pytest

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.records import checksums, store
from tests.support import synthetic

FILES = ["pictures/first.npy", "quality.log", "texts/checksums.json"]


@pytest.fixture
def place(tmp_path):
    with store.draft(tmp_path / "records") as folder:
        for name in FILES:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("a line")
        return store.write(tmp_path / "records", synthetic.entry(), folder)


def leaves(value, path=()):
    """Every place in nested JSON where a plain value stands."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, (*path, number))
    else:
        yield path


def edited(entry, path):
    """The same with one value changed."""
    changed = deepcopy(entry)
    *way, last = path
    inner = changed
    for name in way:
        inner = inner[name]
    old = inner[last]
    inner[last] = old + 1 if isinstance(old, (int, float)) else f"{old}!"
    return changed


def test_checksums_are_written_with_a_record(place):
    entry = store.read(place)
    assert checksums.check(place, entry) == checksums.Trust()
    output = json.loads((place / checksums.FILE).read_text())
    assert output["record"] == files.digest(entry)
    assert list(output["files"]) == FILES


def test_every_edited_value_is_found_and_named(place):
    entry = store.read(place)
    every = list(leaves(entry))
    assert len(every) > 100
    for path in every:
        (problem,) = checksums.check(place, edited(entry, path)).problems
        name = ".".join(map(str, path[:2]))
        assert problem.startswith((f"{name}:", f"{path[0]}:"))
        assert "expected sha256" in problem


def test_a_value_added_or_taken_away_is_found(place):
    entry = store.read(place)
    more = deepcopy(entry)
    more["metrics"]["test_f1"] = {"value": 1.0, "unit": "fraction"}
    del entry["metrics"]["test_accuracy"]
    assert "metrics.test_f1:" in checksums.check(place, more).problems[0]
    assert "metrics.test_accuracy:" in checksums.check(place, entry).problems[0]


def test_indentation_and_order_are_no_edit(place):
    entry = store.read(place)
    backwards = dict(reversed(entry.items()))
    (place / checksums.RECORD).write_text(json.dumps(backwards))
    assert checksums.check(place, store.read(place)) == checksums.Trust()


@pytest.mark.parametrize("name", FILES)
def test_an_edited_file_is_found_and_a_missing_one_is_not_missed(place, name):
    entry = store.read(place)
    (place / name).write_text("another line")
    (problem,) = checksums.check(place, entry).problems
    assert problem.startswith(f"{name}: not as written")
    (place / name).unlink()
    assert checksums.check(place, entry) == checksums.Trust()


def test_a_record_without_checksums_cannot_be_checked_and_says_so(place):
    (place / checksums.FILE).unlink()
    actual = checksums.check(place, store.read(place))
    assert not actual.problems
    assert actual.notes == [
        "no checksums.json: edits of its values cannot be found"
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"record": 1}'])
def test_broken_checksums_are_a_problem(place, text):
    (place / checksums.FILE).write_text(text)
    (problem,) = checksums.check(place, store.read(place)).problems
    assert "checksums.json is broken" in problem


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}'])
def test_a_broken_manifest_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / checksums.MANIFEST).write_text(text)
    with pytest.raises(UserError, match="expected a manifest of schema 1"):
        checksums.read_manifest(tmp_path)


def test_a_manifest_finds_edited_lost_and_added(place):
    published = place.parents[2]  # holds records/<key>/001
    (published / "results.csv").write_text("workload\ncnn\n")
    checksums.write_manifest(published, {"name": "here"})
    output = checksums.read_manifest(published)
    entry = store.read(place)
    assert not checksums.check_files(published, output).problems
    assert not checksums.check_listed(entry, output).problems
    changed = edited(entry, ("seconds",))
    assert "manifest" in checksums.check_listed(changed, output).problems[0]
    added = checksums.check_listed(entry | {"id": "other/001"}, output)
    assert "does not list it" in added.problems[0]
    (published / "results.csv").write_text("workload\nrnn\n")
    (problem,) = checksums.check_files(published, output).problems
    assert problem.startswith("results.csv: not as in the manifest")
    (published / "results.csv").unlink()
    (problem,) = checksums.check_files(published, output).problems
    assert problem.startswith("results.csv: is not there")
