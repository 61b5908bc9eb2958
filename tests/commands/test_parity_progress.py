"""`make parity`: progress, and what the closing line covers."""

from benchmarks.commands import parity


def test_a_check_that_no_model_ran_is_missed_in_the_closing_line():
    shared = {"precision": "float64", "array": "x", "error": 0.0, "bound": 0.0}
    rows = [
        {"model": model, "check": check, "left": f"{framework}-eager"}
        | {"right": "reference"}
        | shared
        for model in parity.variants()
        for check in parity.CHECKS
        for framework in ("torch", "tensorflow", "jax")
    ]
    every = "all within their bounds, of every model, framework and check;"
    assert every in parity.closing(rows)
    fewer = [row for row in rows if row["check"] != "trajectory"]
    assert "3 of 3 frameworks, 5 of 6 checks;" in parity.closing(fewer)


def test_progress_numbers_the_implementations(capsys):
    log = parity._numbered(20)
    log("rnn jax-jit float64: 7.1 s")
    log("cnn jax-jit float64: 9.0 s")
    expected = "[1/20] rnn jax-jit float64: 7.1 s\n[2/20] cnn"
    assert capsys.readouterr().err.startswith(expected)
