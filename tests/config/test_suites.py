"""Suites: their cells, seeds and lengths."""

from collections import Counter

import pytest
import yaml
from omegaconf import OmegaConf

import impls
from benchmarks.config import overrides, phases, suites
from tests.config.test_compose import FRAMEWORKS, collected, conf


def test_quick_is_every_workload_in_every_framework():
    jobs = collected()
    assert len(jobs) == len(overrides.groups()["workload"]) * 3
    assert {job.cell["seed"] for job in jobs} == {0}
    for job in jobs:
        assert not job.cell["workload"].get("timed")
        quick = conf(f"workload/{job.cell['workload']['name']}").get(
            "quick", {}
        )
        for phase in phases.of(job.cell["workload"]).values():
            data = phase["data"]
            assert phase["epochs"] <= quick.get("epochs", 1)
            assert data["train_examples"] == quick.get("train_examples")
            assert data["test_examples"] == quick.get("test_examples", 2000)
            assert data["buckets"] == quick.get("buckets", [])


def test_a_shortened_workload_is_not_longer_than_the_whole():
    for path in (overrides.CONF / "workload").glob("*.yaml"):
        workload = yaml.safe_load(path.read_text())
        quick, data = workload.get("quick", {}), workload["data"]
        examples = data.get("train_examples")
        short = quick.get("train_examples")
        assert examples is None or short <= examples, path
        few, buckets = quick.get("buckets"), data.get("buckets")
        # Two at least, so that `quick` changes from one program to another
        assert few is None or 1 < len(few) < len(buckets), path
        assert few is None or few[-1] == buckets[-1], path
        assert bool(few) == bool(buckets), path


def expanded(suite):
    """The overrides of every cell of a suite, key -> value."""
    sweeper = OmegaConf.create(conf(f"suite/{suite}")["hydra"]["sweeper"])
    cells = suites.cells(sweeper, [])
    return [dict(word.split("=", 1) for word in cell) for cell in cells]


def test_vision_has_five_seeds_and_three_of_what_takes_long():
    cells = expanded("vision")
    seeds: dict[str, set[str]] = {}
    for cell in cells:
        seeds.setdefault(cell["workload"], set()).add(cell["seed"])
    assert seeds == {
        name: set("012") if name == "resnet" else set("01234")
        for name in ("mlp", "vanishing", "pretraining", "cnn_average",
                     "resnet", "transfer", "filters")
    }  # fmt: skip
    assert len(cells) == 3 * sum(map(len, seeds.values()))
    assert {cell["framework"] for cell in cells} == set(impls.FRAMEWORKS)


def test_seeds_of_a_suite_are_those_of_its_workloads():
    suite = "suite=vision", "framework=jax"
    jobs = collected(*suite, "workload=mlp,resnet")
    seeds: dict[str, set[int]] = {}
    for job in jobs:
        name = job.cell["workload"]["name"]
        seeds.setdefault(name, set()).add(job.cell["seed"])
    assert seeds == {"mlp": {0, 1, 2, 3, 4}, "resnet": {0, 1, 2}}
    assert len(jobs) == 8
    passes = {job.cell["seed"]: job.cell["passes"] for job in jobs}
    assert passes[0] == passes[2] == ["quality", "speed", "memory"]
    assert passes[3] == passes[4] == ["quality"]
    timed = collected(*suite, "workload=mlp", "seed=4", "passes=[speed]")
    assert {tuple(job.cell["passes"]) for job in timed} == {("speed",)}
    given = collected(*suite, "workload=resnet", "seed=3,4")
    assert {job.cell["seed"] for job in given} == {3, 4}


def test_what_is_compared_runs_close_together():
    jobs = collected("suite=slides")
    blocks = [jobs[start : start + 6] for start in range(0, len(jobs), 6)]
    for block in blocks:
        assert len({job.cell["seed"] for job in block}) == 1
        assert len({job.cell["workload"]["name"] for job in block}) == 1
    firsts = [block[0].cell["framework"]["name"] for block in blocks]
    assert len(set(firsts)) > 1
    seeds = [block[0].cell["seed"] for block in blocks]
    assert seeds == sorted(seeds)


def test_slides_has_five_seeds_and_the_books_programs():
    jobs = collected("suite=slides")
    frameworks = [job.cell["framework"] for job in jobs]
    assert {own["name"] for own in frameworks} == set(FRAMEWORKS)
    modes = [own["mode"] for own in frameworks if own["name"] == "slide"]
    assert Counter(modes) == dict.fromkeys(impls.FRAMEWORKS, 5 * 3)
    assert len(jobs) == 5 * 6 * 3
    epochs = {(j.cell["workload"]["name"], j.cell["workload"]["epochs"])
              for j in jobs}  # fmt: skip
    assert epochs == {("cnn", 5), ("rnn", 2), ("bilstm", 2)}


@pytest.mark.parametrize(
    ("given", "modes"),
    [
        ("framework=jax", {("jax", "jit")}),
        (
            "framework=torch,slide",
            {("torch", "eager"), ("slide", "tensorflow")},
        ),
    ],
)
def test_a_given_framework_takes_the_place_of_all(given, modes):
    jobs = collected("suite=slides", "workload=cnn", "seed=0", given)
    named = [(job.cell["framework"]) for job in jobs]
    assert {(own["name"], own["mode"]) for own in named} == modes


def test_the_recurrent_suite_has_its_workloads():
    names = {
        job.cell["workload"]["name"] for job in collected("suite=recurrent")
    }
    assert names == {
        workload
        for workload in overrides.groups()["workload"]
        if conf(f"workload/{workload}").get("suite") == "recurrent"
    }
    assert {"lstm", "memory", "translation"} < names
