"""What is prepared is whole, whoever is killed and whatever is changed."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.data import cache
from benchmarks.errors import UserError

ARRAYS = {
    "train_inputs": np.arange(12, dtype=np.float32).reshape(3, 4),
    "train_targets": np.arange(3, dtype=np.int32),
}


@pytest.fixture
def said():
    return []


@pytest.fixture
def prepared(tmp_path, said):
    folder = tmp_path / "cache" / "some-v1-abc"
    cache.save(folder, ARRAYS, {"name": "some"})
    return folder


def test_round_trip(prepared, said):
    manifest = cache.load(prepared, said.append)
    assert manifest["name"] == "some"
    for name, array in ARRAYS.items():
        mapped = np.load(prepared / f"{name}.npy", mmap_mode="r")
        assert mapped.dtype == array.dtype
        assert np.array_equal(mapped, array)
    assert os.listdir(prepared.parent) == ["some-v1-abc"]
    assert not said


def test_the_digest_is_of_the_arrays(prepared, tmp_path, said):
    digest = cache.load(prepared, said.append)["digest"]
    again, other = tmp_path / "again", tmp_path / "other"
    cache.save(again, ARRAYS, {"name": "told otherwise"})
    assert cache.load(again, said.append)["digest"] == digest
    changed = ARRAYS | {"train_targets": np.int32([0, 1, 3])}
    cache.save(other, changed, {"name": "some"})
    assert cache.load(other, said.append)["digest"] != digest


def test_absent(tmp_path, said):
    assert cache.load(tmp_path / "none", said.append) is None
    assert not said


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["train_inputs.npy", cache.MANIFEST])
@pytest.mark.parametrize("damage", [truncate, flip, os.unlink])
def test_damage_is_found_and_told(prepared, said, name, damage):
    damage(prepared / name)
    assert cache.load(prepared, said.append) is None
    assert len(said) == 1 and "preparing anew" in said[0]
    cache.save(prepared, ARRAYS, {"name": "some"})
    assert cache.load(prepared, said.append)


def test_damage_is_found_if_the_time_is_put_back(prepared, said):
    path = prepared / "train_inputs.npy"
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cache.load(prepared, said.append) is None


def test_a_changed_digest_is_found(prepared, said):
    manifest = json.loads((prepared / cache.MANIFEST).read_text())
    manifest["digest"] = "0" * 64
    (prepared / cache.MANIFEST).write_text(json.dumps(manifest))
    assert cache.load(prepared, said.append) is None


def test_a_copy_is_read_once_and_then_trusted(prepared, said, monkeypatch):
    hashed = []
    checksum = cache.checksum
    monkeypatch.setattr(
        cache, "checksum", lambda *told: hashed.append(1) or checksum(*told)
    )
    assert cache.load(prepared, said.append) and not hashed
    for name in ARRAYS:
        os.utime(prepared / f"{name}.npy", ns=(1, 1))
    assert cache.load(prepared, said.append) and len(hashed) == len(ARRAYS)
    assert cache.load(prepared, said.append) and len(hashed) == len(ARRAYS)


def test_read_only_folder_serves(prepared, said, monkeypatch):
    os.utime(prepared / "train_inputs.npy", ns=(1, 1))

    def refuse(*told):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(cache, "_write_json", refuse)
    assert cache.load(prepared, said.append)


def test_full_disk(tmp_path, monkeypatch):
    """As the kernel tells it: whatever is written goes to a full device."""
    opened = type(tmp_path).open

    def full(path, mode="r", **more):
        name = "/dev/full" if mode == "wb" else path
        return opened(type(tmp_path)(name), mode, **more)

    monkeypatch.setattr(type(tmp_path), "open", full)
    with pytest.raises(UserError, match="disk is full: .* needs 60 bytes, "):
        cache.save(tmp_path / "some", ARRAYS, {})
    assert not list(tmp_path.iterdir())


def test_forbidden_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=f"Cannot write in {tmp_path}/file"):
        cache.save(tmp_path / "file" / "some", ARRAYS, {})


def test_lock_sweeps_what_the_killed_left(tmp_path, said):
    left = tmp_path / ".some-v1-abc-0123.tmp"
    other = tmp_path / ".other-v1-abc-0123.tmp"
    left.mkdir(parents=True)
    other.mkdir()
    with cache.lock(tmp_path, "some", said.append):
        assert not left.exists()
        assert other.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from benchmarks.data import store

folder, last = Path(sys.argv[1]), int(sys.argv[2])
done = 0

def watch(event, told):
    global done
    if told and str(folder.parent) in str(told[0]):
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)  # called before whatever touches the folder
store.save(folder, {"train_targets": np.arange(9)}, {"name": "new"})
"""


def test_killed_at_every_moment(tmp_path, said):
    """Where a broken folder stood, nothing is trusted, or the whole."""
    moments = 0
    outcomes = []
    while not outcomes or outcomes[-1] != 0:
        moments += 1
        folder = tmp_path / str(moments) / "some-v1-abc"
        cache.save(folder, ARRAYS, {"name": "old"})
        truncate(folder / "train_inputs.npy")
        command = [sys.executable, "-c", KILLED, str(folder), str(moments)]
        outcomes.append(subprocess.run(command, timeout=60).returncode)
        found = cache.load(folder, said.append)
        if found:
            assert found["name"] == "new"
            assert json.loads((folder / cache.MANIFEST).read_text())
            assert np.load(folder / "train_targets.npy").tolist() == [*range(9)]
    assert found, "the last one was not killed"
    assert set(outcomes[:-1]) == {-9} and moments > 5
