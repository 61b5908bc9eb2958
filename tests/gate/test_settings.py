"""What a gate is asked to do: options, and the file of settings."""

import pytest

from benchmarks.commands import gate as command
from benchmarks.errors import UserError
from benchmarks.gate import settings as gate_settings
from tests.support.gate_lab import STEP


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--budget", "soon"], "BUDGET=soon: expected a length of time"),
        (["--budget", "0m"], "BUDGET=0m"),
        (["--floor", "300%"], "FLOOR=300%: expected a share"),
        (["--floor", "five"], "FLOOR=five"),
        (["--floor", "compile_second=3%"], "did you mean compile_seconds?"),
        (["--accept", "speed"], "ACCEPT=speed: expected mathematics"),
    ],
)
def test_bad_settings_are_refused_at_once(given, told, capsys):
    assert command.main(["--base", "HEAD", *given]) == 2
    out = capsys.readouterr()
    assert told in out.err
    assert "Traceback" not in out.err


def test_lengths_of_time_and_floors():
    assert gate_settings.seconds("10m") == 600
    assert gate_settings.seconds("90 s") == 90
    assert gate_settings.seconds("1.5h") == 5400
    found = gate_settings.floors("3% compile_seconds=0.2")
    assert found == {
        STEP: 0.03,
        "inference_latency_milliseconds": 0.03,
        "decoding_tokens_per_second": 0.03,
        "compile_seconds": 0.2,
    }


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seed: 0", "sed: 0", "sed"),
        ("most_pairs: 60", "most_pairs: many", "most_pairs"),
        ("compile_seconds: 0.15", "compile_seconds: 15", "Expected a fraction"),
        ("compile_seconds: 0.15", "compile_time: 0.15", "compile_time"),
        ("host_peak_bytes: 0.05\n", "\n", "host_peak_bytes missing"),
    ],
)
def test_a_broken_file_of_settings_is_named(tmp_path, old, new, told):
    text = gate_settings.PATH.read_text()
    assert old in text
    path = tmp_path / "default.yaml"
    path.write_text(text.replace(old, new))
    with pytest.raises(UserError, match=told) as refused:
        gate_settings.read(path)
    assert str(path) in str(refused.value)


def test_the_most_particular_floor_holds():
    settings = gate_settings.read()
    settings.particular = {"rnn": {STEP: 0.02}, "rnn/jax": {STEP: 0.04}}
    assert settings.floor(STEP, "rnn", "torch") == 0.02
    assert settings.floor(STEP, "rnn", "jax") == 0.04
    assert settings.floor(STEP, "cnn", "jax") == settings.floors[STEP]
    settings.asked = {STEP: 0.1}
    assert settings.floor(STEP, "rnn", "jax") == 0.1
