"""A file is fetched and checked, or refused soon."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.data import download
from benchmarks.data.dataset import BrokenFile, File
from benchmarks.errors import UserError

CONTENT = bytes(range(256)) * 2000  # half a megabyte
FILE = File("sample.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
QUICK = download.Limits(connect=5, stall=0.3, total=20, pause=0, report=0)


class Publisher(ThreadingHTTPServer):
    """Serves CONTENT; each request takes the next way to misbehave."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.ways = []
        self.requested = []  # the Range of each request
        self.released = threading.Event()
        self.base = f"http://127.0.0.1:{self.server_port}/set/"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        publisher = self.server
        header = self.headers.get("Range")
        publisher.requested.append(header)
        way = publisher.ways.pop(0) if publisher.ways else "whole"
        if isinstance(way, int):
            self.send_error(way)
            return
        content = b"x" * len(CONTENT) if way == "wrong" else CONTENT
        content = content[:100] if way == "other size" else content
        start = int(header[6:-1]) if header and way != "no ranges" else 0
        self.send_response(206 if start else 200)
        if start:
            of = f"{start}-{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", f"bytes {of}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        upto = len(content) // 2 if way in ("cut", "stall", "drip") else None
        self.wfile.write(content[start:upto])
        self.wfile.flush()
        if way == "stall":
            publisher.released.wait(20)
        while way == "drip" and not publisher.released.wait(0.05):
            self.wfile.write(b"x")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "_unreachable", {})
    with Publisher() as server:
        serve = threading.Thread(target=server.serve_forever, args=(0.01,))
        serve.start()
        yield server
        server.released.set()
        server.shutdown()
        serve.join()


@pytest.fixture
def lines():
    return []


def get(publisher, folder, lines, limits=QUICK):
    return download.fetch(FILE, folder, lines.append, publisher.base, limits)


def test_whole(publisher, tmp_path, lines):
    path = get(publisher, tmp_path / "new" / "folder", lines)
    assert path == tmp_path / "new" / "folder" / "sample.gz"
    assert path.read_bytes() == CONTENT
    assert publisher.requested == [None]
    assert lines[0].startswith("fetching sample.gz from 127.0.0.1")
    assert any("of 0.5 MB" in line for line in lines)  # progress
    assert [p.name for p in path.parent.iterdir()] == ["sample.gz"]


@pytest.mark.parametrize("way", ["cut", "stall"])
def test_interrupted_resumes_where_it_stopped(publisher, tmp_path, lines, way):
    publisher.ways = [way]
    path = get(publisher, tmp_path, lines)
    assert path.read_bytes() == CONTENT
    assert publisher.requested == [None, f"bytes={len(CONTENT) // 2}-"]


def test_a_later_call_resumes(publisher, tmp_path, lines):
    (tmp_path / "sample.gz.part").write_bytes(CONTENT[:1000])
    assert get(publisher, tmp_path, lines).read_bytes() == CONTENT
    assert publisher.requested == ["bytes=1000-"]


def test_a_file_of_unknown_size_resumes_as_well(publisher, tmp_path, lines):
    (tmp_path / "sample.gz.part").write_bytes(CONTENT[:1000])
    unknown = File(FILE.name, 0, FILE.checksum)
    path = download.fetch(
        unknown, tmp_path, lines.append, publisher.base, QUICK
    )
    assert path.read_bytes() == CONTENT
    assert publisher.requested == ["bytes=1000-"]


def test_server_without_ranges(publisher, tmp_path, lines):
    (tmp_path / "sample.gz.part").write_bytes(CONTENT[:1000])
    publisher.ways = ["no ranges"]
    assert get(publisher, tmp_path, lines).read_bytes() == CONTENT


@pytest.mark.parametrize("size", [1000, len(CONTENT), len(CONTENT) + 1])
def test_a_wrong_beginning_is_deleted(publisher, tmp_path, lines, size):
    (tmp_path / "sample.gz.part").write_bytes(b"x" * size)
    assert get(publisher, tmp_path, lines).read_bytes() == CONTENT
    assert publisher.requested[-1] is None
    assert any("trying again" in line for line in lines)


def test_wrong_checksum(publisher, tmp_path, lines):
    publisher.ways = ["wrong"]
    with pytest.raises(download.FetchFailed, match="sha256 .*, expected"):
        get(publisher, tmp_path, lines)
    assert len(publisher.requested) == 1  # another attempt would get the same
    assert not list(tmp_path.iterdir())


def test_other_size_is_refused_before_the_transfer(publisher, tmp_path, lines):
    publisher.ways = ["other size"]
    with pytest.raises(
        download.FetchFailed, match="offers 100 bytes, expected"
    ):
        get(publisher, tmp_path, lines)
    assert not list(tmp_path.iterdir())


def test_missing(publisher, tmp_path, lines):
    publisher.ways = [404]
    with pytest.raises(download.FetchFailed, match="answers 404"):
        get(publisher, tmp_path, lines)
    assert len(publisher.requested) == 1


def test_busy_server_is_tried_again(publisher, tmp_path, lines):
    publisher.ways = [503, 429]
    assert get(publisher, tmp_path, lines).read_bytes() == CONTENT


def test_it_gives_up(publisher, tmp_path, lines):
    publisher.ways = [503] * 10
    with pytest.raises(download.FetchFailed, match="answers 503"):
        get(publisher, tmp_path, lines)
    assert len(publisher.requested) == QUICK.attempts


def test_total_time(publisher, tmp_path, lines):
    publisher.ways = ["drip"]
    limits = download.Limits(total=0.4)
    with pytest.raises(download.FetchFailed, match=r"within 0\.4 s"):
        get(publisher, tmp_path, lines, limits)
    assert (tmp_path / "sample.gz.part").stat().st_size > len(CONTENT) // 2


def test_silent_host_is_given_up_once(monkeypatch, tmp_path, lines):
    """As where a firewall drops packets, or no name server answers."""
    monkeypatch.setattr(download, "_unreachable", {})
    requested = []

    def silent(request, timeout):
        requested.append(request.full_url)
        time.sleep(1)

    monkeypatch.setattr(download, "urlopen", silent)
    for _ in range(2):
        with pytest.raises(download.FetchFailed, match="none within 0.05 s"):
            download.fetch(
                FILE,
                tmp_path,
                lines.append,
                "http://example.invalid",
                download.Limits(connect=0.05),
            )
    assert len(requested) == 1


def test_no_connection_is_not_tried_again(monkeypatch, tmp_path, lines):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Publisher() as server:
        base = server.base  # bound, and closed before any request
    with pytest.raises(download.FetchFailed, match="no connection .*refused"):
        download.fetch(FILE, tmp_path, lines.append, base)
    assert not any("trying again" in line for line in lines)


def test_full_disk(publisher, tmp_path, lines):
    (tmp_path / "sample.gz.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"disk is full \(512,000 bytes are"):
        get(publisher, tmp_path, lines)


def test_check_of_md5(tmp_path):
    path = tmp_path / "sample.gz"
    path.write_bytes(CONTENT)
    md5 = hashlib.md5(CONTENT).hexdigest()
    download.check(path, File("sample.gz", len(CONTENT), md5))
    with pytest.raises(BrokenFile, match=f"md5 {md5}, expected {'0' * 32}"):
        download.check(path, File("sample.gz", len(CONTENT), "0" * 32))
