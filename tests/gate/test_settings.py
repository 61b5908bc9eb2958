"""Settings of the gate: options, and the file."""

import pytest

from benchmarks.commands import gate as command
from benchmarks.errors import UserError
from benchmarks.gate import settings
from tests.support.gate_lab import STEP


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budget", "soon"], "BUDGET=soon: expected a length of time"),
        (["--budget", "0m"], "BUDGET=0m"),
        (["--floor", "300%"], "FLOOR=300%: expected a share"),
        (["--floor", "five"], "FLOOR=five"),
        (["--floor", "compile_second=3%"], "did you mean compile_seconds?"),
        (["--accept", "speed"], "ACCEPT=speed: expected numerics"),
    ],
)
def test_bad_settings_are_refused_at_once(arguments, message, capsys):
    assert command.main(["--base", "HEAD", *arguments]) == 2
    out = capsys.readouterr()
    assert message in out.err
    assert "Traceback" not in out.err


def test_lengths_of_time_and_floors():
    assert settings.seconds("10m") == 600
    assert settings.seconds("90 s") == 90
    assert settings.seconds("1.5h") == 5400
    overrides = settings.floors("3% compile_seconds=0.2")
    assert overrides == {
        STEP: 0.03,
        "inference_latency_milliseconds": 0.03,
        "decoding_tokens_per_second": 0.03,
        "compile_seconds": 0.2,
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 0", "sed: 0", "sed"),
        ("max_pairs: 60", "max_pairs: many", "max_pairs"),
        ("compile_seconds: 0.15", "compile_seconds: 15", "Expected a fraction"),
        ("compile_seconds: 0.15", "compile_time: 0.15", "compile_time"),
        ("host_peak_bytes: 0.05\n", "\n", "host_peak_bytes missing"),
    ],
)
def test_a_broken_file_of_settings_is_named(tmp_path, old, new, message):
    text = settings.PATH.read_text()
    assert old in text
    path = tmp_path / "default.yaml"
    path.write_text(text.replace(old, new))
    with pytest.raises(UserError, match=message) as refused:
        settings.read(path)
    assert str(path) in str(refused.value)


def test_the_most_specific_floor_applies():
    chosen = settings.read()
    chosen.floors_by_workload = {"rnn": {STEP: 0.02}, "rnn/jax": {STEP: 0.04}}
    assert chosen.floor(STEP, "rnn", "torch") == 0.02
    assert chosen.floor(STEP, "rnn", "jax") == 0.04
    assert chosen.floor(STEP, "cnn", "jax") == chosen.floors[STEP]
    chosen.floor_overrides = {STEP: 0.1}
    assert chosen.floor(STEP, "rnn", "jax") == 0.1
