"""A record is written whole or not at all, and read with suspicion."""

import errno
import json
import logging
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import UserError
from benchmarks.records import store
from benchmarks.records.metric import metric
from tests.support import synthetic

# Writes one record in a child that dies at its nth system call of those
# that change the disk, for every n; says what each death left behind.
DEATHS = """
import os, sys
from pathlib import Path
from benchmarks.records import store
from tests.support import synthetic

root, calls = Path(sys.argv[1]), ("fsync", "rename", "mkdir", "replace")

def dying(name, left):
    real = getattr(os, name)
    def call(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return real(*arguments, **options)
    return call

def write(records, deadline):
    left = [deadline]
    for name in calls:
        setattr(os, name, dying(name, left))
    with store.draft(records) as folder:
        (folder / "quality.log").write_text("a line")
        store.write(records, synthetic.entry(), folder)
    os._exit(0)

for deadline in range(100):
    records = root / str(deadline)
    records.mkdir()
    child = os.fork()
    if not child:
        write(records, deadline)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(deadline)
        break
"""


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "records"


def test_what_is_written_is_read(records):
    entry = synthetic.entry()
    with store.draft(records) as folder:
        (folder / "quality.log").write_text("a line")
        np.save(folder / "loss.npy", np.arange(3))
        place = store.write(records, entry, folder)
    assert place == records / entry["key"] / "001"
    actual = store.read(place)
    assert actual == json.loads(json.dumps(actual))
    assert actual["metrics"] == entry["metrics"]
    assert actual["id"] == f"{entry['key']}/001"
    assert actual["schema"] == 2
    assert actual["logs"] == ["quality.log"]
    assert (place / "loss.npy").is_file()


def test_death_at_every_moment_leaves_nothing_or_all(tmp_path):
    script = [sys.executable, "-c", DEATHS, str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    moments = int(done.stdout)
    assert moments >= 8  # draft, place, record, log, folders, rename
    counts = [len(store.all(tmp_path / str(n))) for n in range(moments + 1)]
    assert counts == sorted(counts) and counts[0] == 0 and counts[-1] == 1
    for number in range(moments + 1):  # and the next writer clears up
        place = tmp_path / str(number)
        store.write(place, synthetic.entry(seed=2))
        assert not list(place.glob(".draft-*"))
        assert len(store.all(place)) == counts[number] + 1


def test_a_living_writer_is_not_swept(records):
    with store.draft(records) as folder:
        (folder / "quality.log").write_text("still writing")
        store.write(records, synthetic.entry(seed=2))
        assert (folder / "quality.log").is_file()
        store.write(records, synthetic.entry(), folder)
    assert len(store.all(records)) == 2
    assert not list(records.glob(".draft-*"))


def test_a_draft_that_is_not_written_goes(records):
    with pytest.raises(KeyboardInterrupt), store.draft(records) as folder:
        (folder / "quality.log").write_text("half")
        raise KeyboardInterrupt
    assert not list(records.glob(".draft-*"))


def test_two_writers_of_one_key_take_two_numbers(records):
    entries = [synthetic.entry(seconds=float(n)) for n in range(8)]
    writers = [
        threading.Thread(target=store.write, args=(records, entry))
        for entry in entries
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    actual = store.all(records)
    assert len({entry["id"] for entry in actual}) == 8
    assert {entry["seconds"] for entry in actual} == set(map(float, range(8)))


def test_find_takes_the_newest_finished_attempt(records):
    for seconds in (1.0, 2.0):
        store.write(records, synthetic.entry(seconds=seconds))
    store.write(records, synthetic.failed("cnn", "torch", 1))
    key = synthetic.entry()["key"]
    assert len(store.all(records)) == 3
    assert store.find(records, key)["seconds"] == 2.0
    assert store.find(records, "cnn-torch-none") is None


def test_tenth_attempt_is_newer_than_the_ninth(records):
    for number in range(11):
        store.write(records, synthetic.entry(seconds=float(number)))
    actual = store.find(records, synthetic.entry()["key"])
    assert actual["seconds"] == 10.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not whole JSON"),
        ('{"schema": 1, "key": "cnn', "not whole JSON"),
        ("[1, 2]", "no record of schema 2"),
        ('{"schema": 2}', "record has no id"),
        ('{"schema": 1}', "record's schema is 1: expected 2"),
        ("\xff\xfe", "not whole JSON"),
    ],
)
def test_a_broken_record_is_named_and_kept(records, caplog, content, message):
    good = store.write(records, synthetic.entry())
    bad = good.parent / "002"
    bad.mkdir()
    (bad / "record.json").write_text(content, "latin-1")
    with caplog.at_level(logging.WARNING):
        actual = store.all(records)
        newest = store.find(records, synthetic.entry()["key"])
    assert [entry["id"] for entry in actual] == [newest["id"]]
    assert str(bad / "record.json") in caplog.text and message in caplog.text
    assert (bad / "record.json").exists()
    assert store.write(records, synthetic.entry()).name == "003"


def test_another_schema_is_refused_by_name(records, caplog):
    place = store.write(records, synthetic.entry())
    text = (place / "record.json").read_text()
    (place / "record.json").write_text(
        text.replace('"schema": 2', '"schema": 3')
    )
    assert store.read(place) is None
    assert "schema is 3" in caplog.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "done"}, "status is 'done'"),
        ({"seed": "1"}, "seed is '1'"),
        ({"seed": True}, "seed is True"),
        ({"status": "failed"}, "reason is None"),
        ({"data": {"name": "imdb", "digest": None}}, "no data.synthetic"),
        ({"metrics": {"x": 3.0}}, r"metrics\.x is 3\.0"),
        ({"metrics": {"x": {"value": None}}}, r"metrics\.x\.reason"),
        ({"metrics": {"x": {"value": 3.0}}}, r"metrics\.x\.unit"),
        (
            {"metrics": {"x": {"value": 1, "unit": "s", "low": 2, "high": 1}}},
            r"metrics\.x\.low, \.high",
        ),
        (
            {"metrics": {"x": {"value": 1, "unit": "s", "low": 2}}},
            "both or neither",
        ),
        (
            {"metrics": {"x": {"value": 1, "unit": "s", "repeats": 0}}},
            r"metrics\.x\.repeats",
        ),
        ({"curves": {"epoch": {"loss": 3}}}, r"curves\.epoch\.loss"),
        ({"timings": {"training": None}}, r"timings\.training"),
        ({"environment": {"cpu": object()}}, r"environment\.cpu"),
        ({"phases": {"training": 1.0}}, r"phases is .*expected no such key"),
    ],
)
def test_a_wrong_record_is_refused_by_its_key(records, changes, message):
    with pytest.raises(ValueError, match=message):
        store.write(records, synthetic.entry() | changes)
    assert store.all(records) == []


def test_a_missing_key_is_named(records):
    entry = synthetic.entry()
    del entry["timings"]
    with pytest.raises(ValueError, match="no timings: expected an object"):
        store.write(records, entry)


def test_a_diverged_training_is_a_record(records):
    metrics = {"test_loss": metric(float("nan"), "nats", high=math.inf)}
    curves = {"epoch": {"train_loss": [1.0, math.inf]}}
    place = store.write(
        records, synthetic.entry(metrics=metrics, curves=curves)
    )
    actual = store.read(place)
    loss = actual["metrics"]["test_loss"]
    assert (loss["value"], loss["high"]) == (None, None)
    assert loss["reason"] == "the value is nan"
    assert actual["curves"]["epoch"]["train_loss"] == [1.0, None]


def test_numpy_becomes_plain(records):
    value = {"value": np.float32(0.5), "unit": "s", "repeats": np.int64(3)}
    curves = {"epoch": {"seconds": np.array([1.5, 2.5])}}
    entry = synthetic.entry(metrics={"x": value}, curves=curves)
    actual = store.read(store.write(records, entry))
    assert actual["metrics"]["x"] == {"value": 0.5, "unit": "s", "repeats": 3}
    assert actual["curves"]["epoch"]["seconds"] == [1.5, 2.5]


def test_a_key_is_readable_and_holds_all_that_decides():
    cell = synthetic.entry()["cell"]
    key = store.key(cell, "data", "code", "machine")
    assert key.startswith("cnn-torch-eager-float32-cpu-s1-")
    assert len(key.rsplit("-", 1)[1]) == 10
    others = {
        store.key(cell, "other", "code", "machine"),
        store.key(cell, "data", "other", "machine"),
        store.key(cell, "data", "code", "other"),
        store.key({**cell, "deterministic": False}, "data", "code", "machine"),
    }
    assert len(others | {key}) == 5
    backwards = dict(reversed(cell.items()))
    assert store.key(backwards, "data", "code", "machine") == key


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_keeps_what_is_there(
    records, monkeypatch, code
):
    store.write(records, synthetic.entry())

    def full(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="disk is full.*goes on from there"):
        store.write(records, synthetic.entry(seed=2))
    assert [entry["seed"] for entry in store.all(records)] == [1]
    assert not list(records.glob(".draft-*"))


def test_an_invocation_is_replaced_at_once(records):
    call = {
        "id": "a",
        "suite": "quick",
        "started": "2026-11-24T10:15:00+00:00",
        "seconds": None,
        "command": "make bench",
        "records": ["x/001"],
    }
    store.write_invocation(records, call)
    path = store.write_invocation(records, {**call, "seconds": 3.5})
    assert path == records.parent / "invocations" / "a.json"
    assert [each["seconds"] for each in store.invocations(records)] == [3.5]
    path.with_name("b.json").write_text("{")
    assert [each["id"] for each in store.invocations(records)] == ["a"]
    with pytest.raises(ValueError, match="no records"):
        del call["records"]
        store.write_invocation(records, call)
