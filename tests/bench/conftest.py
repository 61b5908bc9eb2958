"""The bench in this process, its cells stubbed."""

import logging
import signal

import pytest

from benchmarks.bench import sweep
from benchmarks.commands import bench as command
from tests.support import stubbed_bench


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    """Call the bench in this process, its cells stubbed."""
    stubbed_bench.install(monkeypatch.setattr)
    monkeypatch.setattr(
        "benchmarks.environment.machine_lock.PATH", tmp_path / "lock"
    )
    monkeypatch.setattr("sys.argv", ["run"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    before = {number: signal.getsignal(number) for number in sweep.SIGNALS}
    handlers = logging.root.handlers[:]

    def call(*given):
        code = command.main([*given, *places(tmp_path)])
        output = capsys.readouterr()
        return code, output.out + output.err

    yield call
    logging.captureWarnings(False)
    for handler in set(logging.root.handlers) - set(handlers):
        logging.root.removeHandler(handler)
        handler.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def places(folder):
    return (f"runs={folder}/runs", f"report={folder}/report")
