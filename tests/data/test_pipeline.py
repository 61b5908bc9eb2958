"""A set is found, fetched, refused or replaced, with a message."""

import hashlib
import json
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data import download, pipeline
from benchmarks.data.batches import Split
from benchmarks.data.dataset import BrokenFile, File, Real, Synthetic
from benchmarks.data.pipeline import names, prepare
from benchmarks.errors import UserError

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
CONTENT = {"left": b"123", "right": b"4567"}


def read(paths):
    """Each byte is an example."""
    return _arrays(paths["left"].read_bytes() + paths["right"].read_bytes())


def generate(seed):
    return _arrays(bytes([seed] * 5))


def _arrays(content):
    inputs = np.frombuffer(content, np.uint8).astype(np.float32)
    return {
        f"{split}_{part}": inputs if part == "inputs" else inputs > 50
        for split in ("train", "test")
        for part in ("inputs", "targets")
    }


def file(name, url="https://publisher.invalid/folder/"):
    content = CONTENT[name]
    sha256 = hashlib.sha256(content).hexdigest()
    return File(name, len(content), sha256, url and url + name)


OFFER = (file("left"), file("right"))
STAND_IN = Synthetic("made", 1, 7, generate)
SET = Real("sample", 1, (OFFER,), read, STAND_IN)


@pytest.fixture
def lines():
    return []


@pytest.fixture
def folder(tmp_path):
    """A data folder with the whole set."""
    (tmp_path / "data" / "sample").mkdir(parents=True)
    for name, content in CONTENT.items():
        (tmp_path / "data" / "sample" / name).write_bytes(content)
    return tmp_path / "data"


@pytest.fixture
def provide(tmp_path, lines, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "_unreachable", {})

    def call(folder, source="auto", chosen=SET, base=NOWHERE):
        return pipeline.provide(
            chosen, folder, source, tmp_path / "cache", lines.append, base
        )

    return call


@pytest.fixture
def publisher(folder, monkeypatch):
    """Serves the set's folder; gives its address."""
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", print)
    serve = partial(SimpleHTTPRequestHandler, directory=folder / "sample")
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_found(provide, folder, tmp_path):
    got = provide(folder)
    assert json.loads(json.dumps(got)) == got
    assert got["name"] == "sample" and not got["synthetic"]
    assert got["notice"] is None
    assert got["source"] == f"found in {folder / 'sample'}"
    assert Path(got["folder"]).parent == tmp_path / "cache"
    assert set(got["splits"]) == {"train", "test"}
    split = Split.open(got["splits"]["train"])
    assert len(split) == got["splits"]["train"]["size"] == 7
    assert isinstance(split.inputs[0], np.memmap)
    assert bytes(split.inputs[0].astype(np.uint8)) == b"1234567"


def test_found_without_a_folder_of_its_own(provide, folder):
    for name in CONTENT:
        (folder / "sample" / name).rename(folder / name)
    assert provide(folder)["source"] == f"found in {folder}"


def test_prepared_once(provide, folder, lines):
    first = provide(folder)
    for name in CONTENT:
        (folder / "sample" / name).unlink()
    count = len(lines)
    assert provide(folder) == first
    assert len(lines) == count


@pytest.mark.parametrize("source", ["auto", "real"])
def test_fetched(provide, tmp_path, publisher, source):
    got = provide(tmp_path / "none", source, base=publisher)
    assert got["name"] == "sample" and not got["synthetic"]
    assert got["source"] == f"fetched from {publisher}"
    downloads = tmp_path / "cache" / "downloads" / "sample"
    assert sorted(p.name for p in downloads.iterdir()) == ["left", "right"]


def test_a_broken_file_is_named_and_fetched(
    provide, tmp_path, publisher, lines
):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "left").write_bytes(CONTENT["left"])
    (mine / "right").write_bytes(b"456X")
    digest = provide(mine, base=publisher)["digest"]
    assert any(
        f"{mine / 'right'}: sha256" in line and "expected" in line
        for line in lines
    )
    assert (mine / "right").read_bytes() == b"456X"  # the user's: left alone
    for path in (tmp_path / "cache").glob("sample-*/*.npy"):
        path.unlink()
    assert provide(tmp_path / "data")["digest"] == digest


def test_a_broken_download_goes(provide, tmp_path, publisher):
    provide(tmp_path / "none", base=publisher)
    downloads = tmp_path / "cache" / "downloads" / "sample"
    (downloads / "left").write_bytes(b"12")
    for path in (tmp_path / "cache").glob("sample-*/*.npy"):
        path.unlink()
    provide(tmp_path / "none", base=publisher)
    assert (downloads / "left").read_bytes() == CONTENT["left"]


def cut(folder):
    (folder / "sample" / "left").write_bytes(b"1")


def change(folder):
    (folder / "sample" / "left").write_bytes(b"12X")


def lose(folder):
    (folder / "sample" / "left").unlink()


def forbid(folder):
    """As root may look everywhere: a link to itself cannot be followed."""
    (folder / "sample" / "left").unlink()
    (folder / "sample" / "left").symlink_to("left")


def no_folder(folder):
    folder.rename(folder.with_name("elsewhere"))


def file_for_folder(folder):
    no_folder(folder)
    folder.write_text("")


TROUBLES = {
    cut: "left: 1 bytes, expected 3",
    change: "left: sha256 .*, expected",
    lose: "left not in .*data",
    forbid: "symbolic links.*left",
    no_folder: r"not in .*data \(no such folder\)",
    file_for_folder: "cannot look into .*data: Not a directory",
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_reported(provide, folder, trouble, lines):
    """auto: the stand-in, with a notice; real: refused, with what to do."""
    trouble(folder)
    got = provide(folder)
    assert got["name"] == "made" and got["synthetic"]
    assert "seed 7" in got["source"]
    assert "sample can neither be found nor fetched" in got["notice"]
    assert "no connection" in got["notice"] and "\n" not in got["notice"]
    assert got["notice"] in lines
    assert "no connection" in got["cause"] and got["cause"] in got["notice"]
    with pytest.raises(UserError, match=TROUBLES[trouble]) as refused:
        provide(folder, "real")
    assert "Put left + right into" in str(refused.value)


def test_the_cause_of_what_is_simply_not_there_names_no_file(provide, tmp_path):
    cause = provide(tmp_path / "none")["cause"]
    assert cause.startswith("no connection (") and "left" not in cause


def test_synthetic_is_asked_for(provide, folder):
    got = provide(folder, "synthetic")
    assert got["name"] == "made" and got["notice"] is None
    assert provide(folder, chosen=STAND_IN) == got
    with pytest.raises(UserError, match="made is synthetic"):
        provide(folder, "real", STAND_IN)


def test_another_seed_or_recipe_is_another_folder(provide, folder):
    stand_ins = (
        STAND_IN,
        Synthetic("made", 1, 8, generate),
        Synthetic("made", 2, 7, generate),
    )
    folders = {
        provide(folder, chosen=stand_in)["folder"] for stand_in in stand_ins
    }
    assert len(folders) == 3


def test_a_file_that_cannot_be_read_after_all(provide, folder):
    def refuse(paths):
        raise BrokenFile("left: no header")

    broken = Real("sample", 1, (OFFER,), refuse, STAND_IN)
    assert "left: no header" in provide(folder, chosen=broken)["notice"]


def test_the_second_offer(provide, folder):
    """Files that cannot be fetched do not stand in the way."""
    unknown = (File("rows", 9, "abc"),)
    both = Real("sample", 1, (unknown, OFFER), read, STAND_IN)
    assert provide(folder, "real", both)["name"] == "sample"


def test_a_changed_array_is_prepared_anew(provide, folder, lines):
    got = provide(folder)
    inputs = Path(got["splits"]["train"]["inputs"][0])
    content = inputs.read_bytes()
    inputs.write_bytes(content[:-1] + b"X")
    assert provide(folder) == got
    assert inputs.read_bytes() == content
    assert any("other content than prepared" in line for line in lines)


def test_mistyped_names_are_refused():
    assert {"fashion_mnist", "imdb"} <= set(names())
    with pytest.raises(UserError, match="'mnits': expected .*fashion_mnist"):
        prepare("mnits")
    with pytest.raises(UserError, match="'fake': expected one of auto, real"):
        prepare("imdb", source="fake")


AT_ONCE = """
import sys, time
from pathlib import Path
import numpy as np
from benchmarks.data import pipeline
from benchmarks.data.dataset import Synthetic

folder = Path(sys.argv[1])

def generate(seed):
    with open(folder / "calls", "a") as calls:
        calls.write("x")
    time.sleep(0.5)
    return {f"{split}_{part}": np.arange(seed) for split in ("train", "test")
            for part in ("inputs", "targets")}

stand_in = Synthetic("made", 1, 7, generate)
print(pipeline.provide(stand_in, folder, "auto", folder / "cache", print))
"""


def test_processes_at_once_do_the_work_once(tmp_path):
    command = [sys.executable, "-c", AT_ONCE, str(tmp_path)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len({text.splitlines()[-1] for text in outputs}) == 1
    assert (tmp_path / "calls").read_text() == "x"


def test_command():
    """A user's mistake: exit code 2, one message, no traceback."""
    command = (
        "-m benchmarks.commands.data_digest imdb --source=real"
        " --cache=/dev/null/cache"
    )
    result = subprocess.run(
        [sys.executable, *command.split()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("/dev/null/cache cannot be written")
    assert "Traceback" not in result.stderr and not result.stdout
