"""Suites: their cells, seeds and lengths."""

import shutil
from collections import Counter

import pytest
from omegaconf import OmegaConf

import impls
from benchmarks.config import overrides, phases, suites
from benchmarks.config.compose import compose
from benchmarks.errors import UserError
from tests.config.test_compose import FRAMEWORKS, collected, conf

POINTS = 5  # of the curve of the main phase, at least
BUDGET = 60_000  # training examples of a cell, those of each epoch counted


@pytest.fixture(scope="module")
def quick():
    """Workload -> its cell's workload as `quick` has it."""
    jobs = collected("framework=torch")
    return {job.cell["workload"]["name"]: job.cell["workload"] for job in jobs}


def whole(workload):
    """The cell of a workload as a suite that shortens nothing has it."""
    return compose(f"workload={workload}", "framework=torch")[0]["workload"]


def test_quick_is_every_workload_in_every_framework():
    jobs = collected()
    assert len(jobs) == len(overrides.groups()["workload"]) * 3
    assert {job.cell["seed"] for job in jobs} == {0}
    assert not any(job.cell["workload"].get("timed") for job in jobs)


@pytest.mark.parametrize("name", overrides.groups()["workload"])
def test_quick_shows_a_curve_within_a_budget(name, quick):
    workload = quick[name]
    assert workload["epochs"] >= POINTS
    trained = 0
    for phase in phases.of(workload).values():
        data = phase["data"]
        classes = len(data["classes"] or range(10))
        chosen = data["per_class"] and data["per_class"] * classes
        chosen = chosen or data["crops"] or data["train_examples"]
        # A character of a text costs a tenth of an image or a sentence
        text = phase["bptt_steps"] or phase["crop_steps"]
        share = 0.1 * (phase["crop_steps"] or 1) if text else 1
        trained += share * phase["epochs"] * chosen
    assert trained <= BUDGET


@pytest.mark.parametrize("name", overrides.groups()["workload"])
def test_quick_changes_sizes_and_not_what_is_compared(name, quick):
    """The same model, data set, objective and phases, some left out."""
    short, full = phases.of(quick[name]), phases.of(whole(name))
    assert list(short) == [phase for phase in full if phase in short]
    for phase, part in short.items():
        original = full[phase]
        same = "model", "objective", "measure", "bptt_steps", "crop_steps"
        for key in same:
            assert part[key] == original[key]
        assert part["data"]["name"] == original["data"]["name"]
        assert part["optimizer"]["name"] == original["optimizer"]["name"]


@pytest.mark.parametrize("name", suites.workloads("slides"))
def test_quick_leaves_the_slides_programs_their_optimizer(name, quick):
    """They run as they are printed, and refuse another."""
    assert quick[name]["optimizer"] == whole(name)["optimizer"]


def test_quick_has_two_programs_of_sentences(quick):
    """Two buckets at least: a training changes from one to another."""
    for name, workload in quick.items():
        few, buckets = (
            workload["data"]["buckets"],
            whole(name)["data"]["buckets"],
        )
        assert bool(few) == bool(buckets), name
        assert not few or 1 < len(few) < len(buckets), name
        assert few[-1:] == buckets[-1:], name


def test_what_is_given_wins_over_quick(quick):
    given = ("workload.epochs=7", "workload.phases.digits.epochs=9")
    (job,) = collected("workload=transfer", "framework=torch", *given)
    found, short = phases.of(job.cell["workload"]), phases.of(quick["transfer"])
    assert found["frozen_20"]["epochs"] == 7 != short["frozen_20"]["epochs"]
    assert found["digits"]["epochs"] == 9 != short["digits"]["epochs"]
    assert found["frozen_20"]["data"] == short["frozen_20"]["data"]


def test_a_suite_that_is_not_shortened_leaves_the_workload_as_it_is():
    words = ["suite=vision", "workload=resnet"]
    assert suites.shortened(words) == words
    added = suites.shortened(["workload=resnet"])
    assert added[-1] == "workload=resnet"
    assert "~workload.phases.plain_slow" in added


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
    names = {cell["workload"] for cell in expanded("recurrent")}
    assert names == {
        workload
        for workload in overrides.groups()["workload"]
        if conf(f"workload/{workload}").get("suite") == "recurrent"
    }
    assert {"lstm", "memory", "translation"} < names


@pytest.mark.parametrize("suite", ["quick", "slides"])
def test_a_workload_is_called_as_its_file(tmp_path, monkeypatch, suite):
    shutil.copytree(suites.overrides.CONF, tmp_path / "conf")
    path = tmp_path / "conf/workload/cnn.yaml"
    path.write_text(path.read_text().replace("name: cnn\n", "name: cnnn\n"))
    monkeypatch.setattr(suites.overrides, "CONF", tmp_path / "conf")
    words = ["workload=cnn", "framework=torch", f"suite={suite}"]
    with pytest.raises(UserError) as refused:
        suites.shortened(words)
    assert str(refused.value).startswith(
        "conf/workload/cnn.yaml: its name is cnnn. Expected name: cnn,"
    )
    path.write_text(path.read_text().replace("name: cnnn\n", "name: cnn\n"))
    assert suites.shortened(words)[-3:] == words
