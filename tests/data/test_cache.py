"""Prepared arrays are complete, whatever is killed or changed."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.data import cache
from benchmarks.environment import files
from benchmarks.errors import UserError

ARRAYS = {
    "train_inputs": np.arange(12, dtype=np.float32).reshape(3, 4),
    "train_targets": np.arange(3, dtype=np.int32),
}

ABOUT = {"name": "sample", "synthetic": False, "source": "", "sizes": {}}


@pytest.fixture
def lines():
    return []


@pytest.fixture
def prepared(tmp_path, lines):
    folder = tmp_path / "cache" / "sample-v1-abc"
    cache.save(folder, ARRAYS, ABOUT)
    return folder


def test_round_trip(prepared, lines):
    manifest = cache.load(prepared, lines.append)
    assert manifest["name"] == "sample"
    for name, array in ARRAYS.items():
        mapped = np.load(prepared / f"{name}.npy", mmap_mode="r")
        assert mapped.dtype == array.dtype
        assert np.array_equal(mapped, array)
    assert os.listdir(prepared.parent) == ["sample-v1-abc"]
    assert not lines


def test_the_digest_is_of_the_arrays(prepared, tmp_path, lines):
    digest = cache.load(prepared, lines.append)["digest"]
    again, other = tmp_path / "again", tmp_path / "other"
    cache.save(again, ARRAYS, ABOUT | {"name": "another"})
    assert cache.load(again, lines.append)["digest"] == digest
    changed = ARRAYS | {"train_targets": np.int32([0, 1, 3])}
    cache.save(other, changed, ABOUT)
    assert cache.load(other, lines.append)["digest"] != digest


def test_absent(tmp_path, lines):
    assert cache.load(tmp_path / "none", lines.append) is None
    assert not lines


def truncate(path):
    path.write_bytes(path.read_bytes()[:-2])  # with the line's end


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["train_inputs.npy", cache.MANIFEST])
@pytest.mark.parametrize("damage", [truncate, flip, os.unlink])
def test_damage_is_found_and_reported(prepared, lines, name, damage):
    damage(prepared / name)
    assert cache.load(prepared, lines.append) is None
    assert len(lines) == 1 and "preparing anew" in lines[0]
    cache.save(prepared, ARRAYS, ABOUT)
    assert cache.load(prepared, lines.append)


def test_damage_is_found_if_the_time_is_put_back(prepared, lines):
    path = prepared / "train_inputs.npy"
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cache.load(prepared, lines.append) is None


def test_a_changed_digest_is_found(prepared, lines):
    manifest = json.loads((prepared / cache.MANIFEST).read_text())
    manifest["digest"] = "0" * 64
    (prepared / cache.MANIFEST).write_text(json.dumps(manifest))
    assert cache.load(prepared, lines.append) is None


def test_a_copy_is_read_once_and_then_trusted(prepared, lines, monkeypatch):
    hashed = []
    digest = files.file_digest
    monkeypatch.setattr(
        files, "file_digest", lambda path: hashed.append(1) or digest(path)
    )
    assert cache.load(prepared, lines.append) and not hashed
    for name in ARRAYS:
        os.utime(prepared / f"{name}.npy", ns=(1, 1))
    assert cache.load(prepared, lines.append) and len(hashed) == len(ARRAYS)
    assert cache.load(prepared, lines.append) and len(hashed) == len(ARRAYS)


def test_read_only_folder_serves(prepared, lines, monkeypatch):
    os.utime(prepared / "train_inputs.npy", ns=(1, 1))

    def refuse(*arguments):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(files, "write_json", refuse)
    assert cache.load(prepared, lines.append)


def test_full_disk(tmp_path, monkeypatch):
    """Whatever is written goes to the kernel's full device."""
    opened = type(tmp_path).open

    def full(path, mode="r", **more):
        name = "/dev/full" if mode == "wb" else path
        return opened(type(tmp_path)(name), mode, **more)

    monkeypatch.setattr(type(tmp_path), "open", full)
    with pytest.raises(UserError, match=r"disk is full \(60 bytes are needed"):
        cache.save(tmp_path / "sample", ARRAYS, {})
    assert not list(tmp_path.iterdir())


def test_forbidden_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=f"{tmp_path}/file.* cannot be written"):
        cache.save(tmp_path / "file" / "sample", ARRAYS, {})


def test_lock_sweeps_what_the_killed_left(tmp_path, lines):
    left = tmp_path / ".sample-v1-abc-0123.tmp"
    other = tmp_path / ".other-v1-abc-0123.tmp"
    left.mkdir(parents=True)
    other.mkdir()
    with cache.lock(tmp_path, "sample", lines.append):
        assert not left.exists()
        assert other.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from benchmarks.data import cache

folder, last = Path(sys.argv[1]), int(sys.argv[2])
done = 0

def watch(event, arguments):
    global done
    if arguments and str(folder.parent) in str(arguments[0]):
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)  # called before whatever touches the folder
about = dict.fromkeys(cache.KEYS) | {"name": "new"}
cache.save(folder, {"train_targets": np.arange(9)}, about)
"""


def test_killed_at_every_moment(tmp_path, lines):
    """Where a broken folder stood, nothing is trusted, or the whole."""
    moments = 0
    outcomes = []
    while not outcomes or outcomes[-1] != 0:
        moments += 1
        folder = tmp_path / str(moments) / "sample-v1-abc"
        cache.save(folder, ARRAYS, ABOUT | {"name": "old"})
        truncate(folder / "train_inputs.npy")
        command = [sys.executable, "-c", KILLED, str(folder), str(moments)]
        outcomes.append(subprocess.run(command, timeout=60).returncode)
        manifest = cache.load(folder, lines.append)
        if manifest:
            assert manifest["name"] == "new"
            assert json.loads((folder / cache.MANIFEST).read_text())
            assert np.load(folder / "train_targets.npy").tolist() == [*range(9)]
    assert manifest, "the last one was not killed"
    assert set(outcomes[:-1]) == {-9} and moments > 5
