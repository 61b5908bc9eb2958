"""Texts of models that have more symbols than the data."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.config import phases
from benchmarks.config.compose import compose
from benchmarks.data.dataset import lines
from benchmarks.data.sets.symbols import SIGNS
from benchmarks.passes import post_training
from benchmarks.passes.remote_runner import build
from benchmarks.worker import arrays
from benchmarks.worker.request import spec
from impls import init
from impls.gpt import reference as gpt

LETTERS = ["\\n", "a", "b"]  # of a model of 65 symbols


class Worker:
    """Generates the tokens of the largest noise, or a fixed row."""

    def __init__(self, scratch):
        self.scratch = scratch

    def ask(self, verb, on_progress=None, **given):
        if verb == "build":
            return {}
        assert verb == "generate"
        self.batch = arrays.read_batch(given["batch"])
        tokens = [[9, 4, 2, 0]]
        if given["noise"]:
            tokens = arrays.read(given["noise"])["noise"].argmax(-1)
        return arrays.save(given["folder"], {"tokens": np.int32(tokens)})


def report(worker, cell, folder, **texts):
    paths = arrays.save(folder, {name: lines(t) for name, t in texts.items()})
    part = {"inputs": ["", "", ""], "targets": "", "size": 1}
    if cell["workload"]["model"] in ("language", "gpt"):
        stream = np.arange(100, dtype=np.int32) % len(LETTERS)
        saved = arrays.save(folder, {"stream": stream})
        part |= {"inputs": [saved["stream"]], "targets": saved["stream"]}
    data = {"splits": {"train": part, "test": part}, "texts": paths}
    runner = build(worker, cell)
    return post_training.PostTraining(runner, cell, data, folder, "main")


@pytest.mark.parametrize(
    ("name", "inputs", "steps"), [("language", 2, 35), ("gpt", 1, 64)]
)
def test_no_symbol_is_sampled_that_the_text_has_not(
    tmp_path, name, inputs, steps
):
    cell, _ = compose(f"workload={name}", "framework=torch")
    worker = Worker(tmp_path)
    texts = report(worker, cell, tmp_path, words_target=LETTERS)
    result = texts.measure()
    assert [part.shape for part in worker.batch.inputs] == [
        (1, steps),
        (1,),
    ][:inputs]
    assert ("bigram_loss" in result["metrics"]) == (name == "gpt")
    content = json.loads((tmp_path / "texts/main.json").read_text())
    length = cell["workload"]["decoding"]["sample_tokens"]
    assert len(content["sample"]) == length == 400
    assert set(content["sample"]) == {"\n", "a", "b"}
    assert content["prompt"].startswith("\nab\nab")


def test_a_symbol_without_a_word_is_unknown():
    vocabulary = [*SIGNS, "水"]
    tokens = np.array([9, 4, 2, 7])
    assert post_training.sentence(tokens, vocabulary) == "<unknown> 水"
    assert post_training.written(tokens[:1], vocabulary) == ["<unknown>"]


@pytest.mark.parametrize(
    ("given", "symbols"),
    [("This is WATER", [4, 5, 6, 2]), ("<end> is tea", [3, 5, 3, 2])],
)
def test_words_that_look_like_signs_are_none(tmp_path, given, symbols):
    cell, _ = compose("workload=translation", "framework=torch")
    worker = Worker(tmp_path)
    vocabulary = [*SIGNS, "this", "is", "water"]
    texts = report(worker, cell, tmp_path, words_source=vocabulary)
    shapes = arrays.save(
        tmp_path,
        {
            "s": np.zeros((1, 8), np.int32),
            "l": np.zeros(1, np.int32),
            "t": np.zeros((1, 8), np.int32),
        },
    )
    texts.data["splits"]["test"]["inputs"] = list(shapes.values())
    (source, lengths), _ = texts._sentences([given])
    assert source[0, : lengths[0]].tolist() == symbols
    assert np.array_equal(worker.batch.inputs[0], source)


def test_a_report_can_read_every_part_of_self_attention(tmp_path, monkeypatch):
    cell, _ = compose("workload=self_attention", "framework=torch")
    workload = phases.of(cell["workload"])["scaled_64"]
    cell = cell | {"workload": workload}
    texts = report(Worker(tmp_path), cell, tmp_path, words_target=LETTERS * 4)
    params = init.draw(spec(cell), 0)
    monkeypatch.setattr(texts, "_precise", lambda: params)
    texts.take_apart(5)
    rows = {path: np.load(tmp_path / path) for path in texts.result["pictures"]}
    assert len(rows) == 4 * len(gpt.PARTS)  # heads
    expected = gpt.parts(spec(cell), params, np.arange(5)[None] % 3)
    for path, array in rows.items():
        assert np.isfinite(array).all(), path
        *_, head, part = Path(path).stem.replace("head_", "").split(".")
        known = np.nan_to_num(expected[part][0, int(head) - 1])
        np.testing.assert_array_equal(array, np.float32(known))
    later = np.triu_indices(5, 1)
    assert not rows["pictures/main.head_1.scores.npy"][later].any()
