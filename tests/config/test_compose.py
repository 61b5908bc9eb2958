"""Every file of conf/ composes into cells; anything else is refused."""

import ast
from pathlib import Path

import pytest
import yaml

import impls
from benchmarks.bench import cells
from benchmarks.commands import configuration
from benchmarks.config import former_keys, overrides
from benchmarks.config.fields import keys
from benchmarks.config.schema import Config, Framework
from benchmarks.data.pipeline import names
from benchmarks.environment import interpreters
from benchmarks.errors import UserError
from tests.support.sweeps import collected, refused

FRAMEWORKS = (*impls.FRAMEWORKS, "slide")


def titles(jobs):
    return [cells.title(job.cell) for job in jobs]


def in_one_phase(workload):
    return "phases" not in conf(f"workload/{workload}")


def swept(framework):
    """All that a framework can train, composed by one call of Hydra."""
    names = overrides.groups()["workload"]
    if framework == "slide":
        names = filter(in_one_phase, names)
    return collected(f"workload={','.join(names)}", f"framework={framework}")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("workload", overrides.groups()["workload"])
def test_each_workload_composes_in_each_framework(workload, framework):
    if framework == "slide" and not in_one_phase(workload):
        with pytest.raises(UserError, match="has no program with the phases"):
            collected(f"workload={workload}", "framework=slide")
        return
    (cell,) = (
        job.cell
        for job in swept(framework)
        if job.cell["workload"]["name"] == workload
    )
    assert cell["framework"]["name"] == framework
    spec = impls.spec(cell["workload"]["model"])(**cell["workload"]["spec"])
    assert spec.shapes()
    assert cell["workload"]["name"] == workload
    assert cell["framework"]["mode"] != "auto"
    assert cell["workload"]["data"]["name"] in names()


def test_there_is_a_yaml_for_each_framework():
    assert overrides.groups()["framework"] == sorted(FRAMEWORKS)


@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
def test_modes_are_those_of_the_runner(framework):
    source = Path(impls.__file__).parent / "frameworks" / f"{framework}.py"
    modes = [
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") == "MODES"
    ]
    assert [tuple(conf(f"framework/{framework}")["modes"])] == modes


def test_modes_of_the_slides_programs_are_the_frameworks():
    assert sorted(conf("framework/slide")["modes"]) == sorted(impls.FRAMEWORKS)
    (job,) = collected("workload=cnn", "framework=slide")
    assert job.cell["framework"]["mode"] == "tensorflow"  # as in the book
    former = refused("workload=cnn", "framework=slide", "framework.mode=fit")
    assert "expected one of auto, tensorflow, torch, jax" in former


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_fastest_modes_are_possible(framework):
    chosen = conf(f"framework/{framework}")
    for device in ("cpu", "cuda"):
        table = chosen["fastest"][device]
        assert "default" in table
        assert set(table.values()) <= set(chosen["modes"])
        assert set(table) <= {"default", *impls.MODELS}


def conf(name):
    return yaml.safe_load((overrides.CONF / f"{name}.yaml").read_text())


def test_command_line_wins_over_the_suite():
    jobs = collected("workload=cnn", "framework=torch,jax", "seed=1,2")
    assert sorted(titles(jobs)) == [
        "cnn jax jit seed 1",
        "cnn jax jit seed 2",
        "cnn torch eager seed 1",
        "cnn torch eager seed 2",
    ]


def test_last_of_two_values_wins():
    (job,) = collected("framework=torch", "workload=rnn", "workload=cnn")
    assert job.cell["workload"]["name"] == "cnn"


def test_same_cell_asked_for_twice_runs_once():
    assert len(collected("workload=cnn", "framework=jax", "seed=1,1")) == 1


def test_sizes_of_the_model_can_be_given():
    (job,) = collected("workload=rnn", "framework=jax",
                       "workload.spec.hidden=8")  # fmt: skip
    assert job.cell["workload"]["spec"]["hidden"] == 8


def test_order_is_drawn_from_its_seed():
    swept = ("workload=cnn,rnn,bilstm", "seed=0,1")
    first = titles(collected(*swept))
    assert first == titles(collected.__wrapped__(*swept))
    other = titles(collected(*swept, "order_seed=1"))
    assert other != first
    assert sorted(other) == sorted(first)


def test_no_gpu(monkeypatch):
    nothing = {"gpu": None, "driver": None}
    monkeypatch.setattr("benchmarks.environment.nvml.gpu", lambda: nothing)
    message = refused("device=cuda", "framework=torch", "workload=cnn")
    assert "no NVIDIA GPU was found" in message


def test_every_key_has_a_meaning():
    for name, part in keys(Config):
        assert part.metadata["meaning"], name


def test_every_former_key_leads_to_one_of_the_schema():
    names = {name for name, _ in keys(Config)}
    for former, present in former_keys.FORMER.items():
        assert f"workload.{present}" in names
        assert f"workload.{former}" not in names


def test_the_reference_is_up_to_date():
    assert configuration.PATH.read_text("utf-8") == configuration.reference()


def test_types_in_words():
    assert overrides.expected("seed") == "a whole number"
    assert overrides.expected("workload.target_accuracy") == "a number"
    assert overrides.expected("framework.modes[0]") == "a list: [a,b]"
    assert overrides.expected("framework.python") == "text"
    assert overrides.expected("nothing.here") is None


def test_interpreters_of_a_set_up(tmp_path):
    stamp = tmp_path / "triptych.json"
    assert interpreters.interpreter("torch", stamp) is None
    assert interpreters.accelerator(stamp) == "cpu"
    stamp.write_text(
        '{"accelerator": "cuda", "interpreters":'
        ' {"tensorflow": ".venv-tensorflow/bin/python"}}'
    )
    path = str(interpreters.ROOT / ".venv-tensorflow/bin/python")
    assert interpreters.interpreter("tensorflow", stamp) == path
    assert interpreters.interpreter("torch", stamp) is None
    assert interpreters.accelerator(stamp) == "cuda"


def test_schema_is_what_the_yaml_fills():
    top = set(conf("config")) - {"defaults", "hydra"}
    schema = set(Config.__dataclass_fields__) - {"place"}
    assert top | set(overrides.groups()) - {"suite"} == schema
    assert set(conf("framework/torch")) <= set(Framework.__dataclass_fields__)
