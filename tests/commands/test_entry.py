"""The wrapper of every command."""

import io
import subprocess
import sys

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
