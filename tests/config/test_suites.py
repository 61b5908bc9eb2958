"""What a suite consists of: cells, seeds, lengths."""

import yaml

from benchmarks.config import overrides, phases
from tests.config.test_compose import FRAMEWORKS, collected, conf


def test_quick_is_every_workload_in_every_framework():
    found = collected()
    assert len(found) == len(overrides.groups()["workload"]) * 3
    assert {job.cell["workload"]["epochs"] for job in found} == {1}
    for job in found:
        assert not job.cell["workload"].get("timed")
        for phase in phases.of(job.cell["workload"]).values():
            assert phase["epochs"] <= 1
            said = conf(f"workload/{job.cell['workload']['name']}")
            assert phase["examples"] == said.get("short")
            assert phase["tested"] == said.get("short_tested", 2000)
            assert phase.get("buckets") == said.get("short_buckets")


def test_a_shortened_workload_is_not_longer_than_the_whole():
    for path in (overrides.CONF / "workload").glob("*.yaml"):
        said = yaml.safe_load(path.read_text())
        whole = said.get("examples")
        assert whole is None or said.get("short", whole + 1) <= whole, path
        few, all_of_them = said.get("short_buckets"), said.get("buckets")
        # Two at least, so that `quick` changes from one program to another
        assert few is None or 1 < len(few) < len(all_of_them), path
        assert few is None or few[-1] == all_of_them[-1], path
        assert bool(few) == bool(all_of_them), path


def test_vision_has_five_seeds_and_three_of_what_takes_long():
    found = collected("suite=vision")
    seeds: dict[str, set[int]] = {}
    for job in found:
        name = job.cell["workload"]["name"]
        seeds.setdefault(name, set()).add(job.cell["seed"])
    few = conf("suite/vision")["hydra"]["sweeper"]["fewer"]
    for name, own in seeds.items():
        assert own == seeds_of(few.get(name, "0,1,2,3,4"))
    assert len(found) == 3 * sum(map(len, seeds.values()))
    passes = {job.cell["seed"]: job.cell["passes"] for job in found}
    assert passes[0] == passes[2] == ["quality", "speed", "memory"]
    assert passes[3] == passes[4] == ["quality"]
    timed = collected(
        "suite=vision", "workload=mlp", "seed=4", "passes=[speed]"
    )
    assert {tuple(job.cell["passes"]) for job in timed} == {("speed",)}
    asked = collected("suite=vision", "workload=resnet", "seed=3,4")
    assert {job.cell["seed"] for job in asked} == {3, 4}


def test_what_is_compared_runs_close_together():
    found = collected("suite=slides")
    blocks = [found[start : start + 4] for start in range(0, len(found), 4)]
    for block in blocks:
        assert len({job.cell["seed"] for job in block}) == 1
        assert len({job.cell["workload"]["name"] for job in block}) == 1
    firsts = [block[0].cell["framework"]["name"] for block in blocks]
    assert len(set(firsts)) > 1
    seeds = [block[0].cell["seed"] for block in blocks]
    assert seeds == sorted(seeds)


def test_slides_has_five_seeds_and_the_books_programs():
    found = collected("suite=slides")
    rows = {job.cell["framework"]["name"] for job in found}
    assert rows == set(FRAMEWORKS)
    assert len(found) == 5 * 4 * 3
    epochs = {(j.cell["workload"]["name"], j.cell["workload"]["epochs"])
              for j in found}  # fmt: skip
    assert epochs == {("cnn", 5), ("rnn", 2), ("bilstm", 2)}


def seeds_of(text):
    return {int(seed) for seed in text.split(",")}
