"""The wrapper of every command."""

import getpass
import io
import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.commands import bench
from benchmarks.commands.entry import command

WARN = """
import benchmarks.commands, warnings
warnings.warn("shown")
warnings.warn("of a library", DeprecationWarning)
"""


def test_a_letter_that_the_encoding_lacks_is_escaped(monkeypatch):
    output = io.BytesIO()
    ascii = io.TextIOWrapper(output, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii)

    @command("Interrupted.")
    def main(given):
        print("水:", *given)
        return 0

    assert main(["data/水"]) == 0
    ascii.flush()
    assert output.getvalue() == b"\\u6c34: data/\\u6c34\n"


def test_warnings_of_libraries_stay_warnings():
    """PYTHONWARNINGS=error is meant for the user's own code."""
    given = {"PYTHONWARNINGS": "error"}
    program = [sys.executable, "-c", WARN]
    done = subprocess.run(program, env=given, capture_output=True)
    assert done.returncode == 0 and b"UserWarning: shown" in done.stderr
    assert b"of a library" not in done.stderr


def test_a_user_without_a_home_and_a_name_gets_both(monkeypatch):
    """A container started with a bare user number has neither."""
    names = ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME")
    for name in names:
        monkeypatch.delenv(name, raising=False)

    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(os, "getuid", lambda: 12345)

    @command("Interrupted.")
    def main(given):
        assert str(Path.home()) == tempfile.gettempdir()
        assert getpass.getuser() == "user-12345"
        return 0

    assert main([]) == 0


def test_a_user_with_a_home_keeps_it(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.setenv("USER", "reader")
    command("Interrupted.")(lambda given: 0)([])
    assert (os.environ["HOME"], os.environ["USER"]) == ("/somewhere", "reader")


def test_data_without_a_folder_is_refused(capsys):
    assert bench.main(["workload=cnn", "--data"]) == 2
    assert capsys.readouterr().err == "--data: expected a folder behind it.\n"
