"""What a model says in words, where it knows more symbols than the data."""

import json

import numpy as np
import pytest

from benchmarks.config.compose import compose
from benchmarks.data.dataset import lines
from benchmarks.data.sets.words import SIGNS
from benchmarks.passes import translations
from benchmarks.worker import arrays

LETTERS = ["\\n", "a", "b"]  # of a model of 65 symbols


class Drawn:
    """A worker whose model likes all symbols alike: the noise decides."""

    def __init__(self, scratch):
        self.scratch = scratch

    def ask(self, verb, on_progress, split, plan, folder, noise):
        assert verb == "decode" and not plan["buckets"] and not plan["window"]
        tokens = np.load(noise).argmax(-1)
        return arrays.save(folder, {"tokens": np.int32(tokens)})


class Translating(Drawn):
    """Its answers are given; what it was asked is kept."""

    def ask(self, verb, on_progress, split, plan, folder, noise):
        self.asked = [np.load(path) for path in split["inputs"]]
        return arrays.save(folder, {"tokens": np.int32([[9, 4, 2, 0]])})


def teller(worker, cell, folder, **told):
    paths = arrays.save(folder, {name: lines(t) for name, t in told.items()})
    part = {"inputs": ["", "", ""], "targets": "", "size": 1}
    if cell["workload"]["model"] == "language":
        stream = np.arange(50, dtype=np.int32) % len(LETTERS)
        saved = arrays.save(folder, {"stream": stream})
        part |= {"inputs": [saved["stream"]], "targets": saved["stream"]}
    data = {"splits": {"test": part}, "texts": paths}
    return translations.Teller(worker, cell, data, folder, "main")


def test_no_symbol_is_drawn_that_the_text_has_not(tmp_path):
    cell, _ = compose("workload=language", "framework=torch")
    asked = teller(Drawn(tmp_path), cell, tmp_path, words_target=LETTERS)
    asked.sample()
    asked.write()
    said = json.loads((tmp_path / "texts/main.json").read_text())
    assert len(said["sample"]) == cell["workload"]["sample"] == 400
    assert set(said["sample"]) == {"\n", "a", "b"}
    assert said["prompt"].startswith("\nab\nab")


def test_a_symbol_without_a_word_is_unknown():
    words = [*SIGNS, "水"]
    said = np.array([9, 4, 2, 7])
    assert translations.sentence(said, words) == "<unknown> 水"
    assert translations.written(said[:1], words) == ["<unknown>"]


@pytest.mark.parametrize(
    ("given", "symbols"),
    [("This is WATER", [4, 5, 6, 2]), ("<end> is tea", [3, 5, 3, 2])],
)
def test_words_that_look_like_signs_are_none(tmp_path, given, symbols):
    cell, _ = compose("workload=translation", "framework=torch")
    worker = Translating(tmp_path)
    known = [*SIGNS, "this", "is", "water"]
    asked = teller(worker, cell, tmp_path, words_source=known)
    shapes = arrays.save(
        tmp_path,
        {
            "s": np.zeros((1, 8), np.int32),
            "l": np.zeros(1, np.int32),
            "t": np.zeros((1, 8), np.int32),
        },
    )
    asked.data["splits"]["test"]["inputs"] = list(shapes.values())
    (source, lengths), _ = asked._sentences([given])
    assert source[0, : lengths[0]].tolist() == symbols
    assert np.array_equal(worker.asked[0], source)
