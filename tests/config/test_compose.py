"""Every file of conf/ composes into cells; anything else is refused."""

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

import impls
from benchmarks.bench import cells, sweep
from benchmarks.commands import configuration
from benchmarks.config import former_keys, overrides
from benchmarks.config.fields import keys
from benchmarks.config.schema import Config, Framework
from benchmarks.data.pipeline import names
from benchmarks.environment import interpreters
from benchmarks.errors import UserError

FRAMEWORKS = (*impls.FRAMEWORKS, "slide")


@cache
def collected(*given):
    jobs = []

    def caught(self, sweep, master, compose, launch):
        jobs.extend(
            cells.order(cells.collect(sweep, compose), master.order_seed)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep.Sweep, "run", caught)
        patch.setattr("sys.argv", ["run"])
        patch.setenv("HYDRA_FULL_ERROR", "1")
        sweep.run(list(given), report=None, began=0.0)
    return jobs


def refused(*given):
    with pytest.raises(UserError) as caught:
        collected(*given)
    return str(caught.value)


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


@pytest.mark.parametrize(
    "given, message",
    [
        ("sede=1", "sede: there is no such setting. Did you mean seed"),
        ("batch_sise=3", "Did you mean workload.data.batch_size"),
        ("qqqq=1", "Settings: device"),
        ("+foo=1", "foo: there is no such setting"),
        ("seed=abc", "seed=abc: expected a whole number."),
        ("seed=1.5", "seed=1.5: expected a whole number."),
        ("seed=1,x", "seed=x: expected a whole number."),
        ("seed=-1", "seed=-1: expected a whole number from 0 to"),
        (
            "workload.optimizer.learning_rate=fast",
            "workload.optimizer.learning_rate=fast: expected a number.",
        ),
        ("workload.optimizer.learning_rate=0", "expected a number above 0"),
        ("workload.optimizer.learning_rate=inf", "expected a number above 0"),
        (
            "workload.rate=0.1",
            "workload.rate: is called workload.optimizer.learning_rate now.",
        ),
        ("rate=0.1", "rate: is called workload.optimizer.learning_rate now."),
        ("workload.phases.x.qqqq=1", "Settings: model, objective"),
        (
            "workload=transfer workload.phases.digits.rate=0.1",
            "is called workload.phases.digits.optimizer.learning_rate now.",
        ),
        ("deterministic=maybe", "expected true or false"),
        ("passes=speed", "expected a list: [a,b]"),
        ("passes=[spedd]", "did you mean speed?"),
        ("passes=[]", "expected some of quality, speed, memory"),
        ("workload=cnnn", "(did you mean cnn?)"),
        (
            "workload=transfer workload.phases.frozen_21.epochs=3",
            "workload.phases.frozen_21: there is no frozen_21. The phases",
        ),
        (
            "workload=transfer workload.phases.frozen_20.takes={tuned_5:[a]}",
            "workload.phases.frozen_20: there is no tuned_5. The phases",
        ),
        (
            "workload=transfer workload.phases.digits.epochs=two",
            "workload.phases.digits.epochs=two: expected a whole number.",
        ),
        ("workload=", "expected one of bilstm, cnn, cnn_average, "),
        ("framework=pytorch", "(did you mean torch?)"),
        ("suite=quik", "(did you mean quick?)"),
        ("device=gpu", "expected one of cpu, cuda"),
        ("workload.epochs=-1", "workload.epochs=-1: expected a whole number"),
        ("workload.data.batch_size=0", "batch_size=0: expected a whole number"),
        ("workload.data.validation=1", "expected a number from 0 to below 1"),
        ("workload.optimizer.name=adamx", "(did you mean adam"),
        ("workload.data.name=mnits", "(did you mean mnist?)"),
        ("workload.spec.hiden=3", "Did you mean hidden?"),
        ("workload.spec.hidden=a", "workload.spec.hidden=a: expected"),
        ("precision=float16", "precision=float16: expected one of float32"),
        ("precision=bfloat16", "device=cpu precision=bfloat16: expected one"),
        ("framework.python=/nope", "framework.python=/nope: no program"),
        ("data.source=reel", "(did you mean real?)"),
        ("data.folder=a,b", "data.folder holds for the whole invocation"),
        ("tracking.uri=localhost", "expected http://host:port"),
        ("rerun=true,false", "rerun holds for the whole invocation"),
        ("~workload", "nothing can be taken out"),
        ("seed", "'seed' cannot be read"),
        ("seed=[1", "'seed=[1' cannot be read"),
        ("--force", "--force: there is no such option. Expected --dry-run"),
        ("workload.optimizer.beta1=interval(0,1)", "a,b or range(1,4)"),
        ("hydra/launcher=joblibb", "Launchers beside `basic` are an extra"),
        ("place.number=1", "place.number: there is no such setting"),
    ],
)
def test_refused_by_name_with_what_is_possible(given, message):
    reason = refused("workload=cnn", "framework=torch", *given.split())
    assert message in reason
    assert not reason.startswith("override")


@pytest.mark.parametrize(
    "given, message",
    [
        (["framework=slide", "precision=float64"], "framework=slide"),
        (["framework=jax", "framework.mode=eager"], "one of auto, jit"),
        (["framework=tensorflow", "framework.mode=compiled"], "graph, xla"),
    ],
)
def test_impossible_combinations(given, message):
    assert message in refused("workload=cnn", *given)


def test_all_problems_are_in_one_message():
    message = refused("sedd=1", "suite=quik", "workload=cnnn").splitlines()
    assert len(message) == 3


def test_one_bad_cell_refuses_the_sweep_with_their_number():
    message = refused("framework.mode=xla", "workload=cnn")
    assert "framework=torch framework.mode=xla" in message
    assert "(1 of 3 cells)" in message


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
