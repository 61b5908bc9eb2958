"""Overrides of the command line: what is accepted, what is refused."""

import pytest

from benchmarks.config import overrides
from benchmarks.config.compose import compose
from benchmarks.errors import UserError
from tests.support.sweeps import collected, refused


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
        ("workload=glob(z*)", "workload=glob(z*): matches no file of conf/."),
        ("seed=glob(1*)", "matches no file of conf/. Expected values: a,b."),
        ("hydra.job.chdir=true", "relative to where it was started"),
        ("hydra.mode=RUN", "hydra.mode=RUN: every command line is a sweep"),
        ("workload.name=Cnn", "workload.name=Cnn: expected at most 40 lower"),
        (f"workload.name={'a' * 41}", "expected at most 40 lower-case"),
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


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("glob(cnn*)", {"cnn", "cnn_average"}),
        ("glob([rnn,mlp])", {"rnn", "mlp"}),
        ("glob(cnn*,exclude=*_average)", {"cnn"}),
    ],
)
def test_workloads_by_a_pattern_of_hydra(pattern, names):
    jobs = collected(f"workload={pattern}", "framework=torch")
    assert {job.cell["workload"]["name"] for job in jobs} == names


@pytest.mark.parametrize("word", ["-m", "--multirun"])
def test_hydras_option_of_a_sweep_is_accepted(word):
    assert overrides.arguments([word, "seed=1"]) == ["--multirun", "seed=1"]
    with pytest.raises(UserError, match="there is no such option"):
        overrides.arguments(["--multi"])


NAMES = ("plain", "a b", "it's", "'", "a\\'", 'say "hi"', "a\\", "\\\\'x'\\")
NAMES += ("${nowhere}", "$HOME", "a,b", "[x]", "a=b", "{}", "水")


@pytest.mark.parametrize("name", NAMES)
def test_a_data_folder_of_any_name(name):
    _, config = compose(*overrides.data_folder(name))
    assert config.data.folder == name


def test_no_data_folder_overrides_nothing():
    assert overrides.data_folder("") == []
