"""The set-up: done once, repeated when it must be, told when it fails."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """tools/setup.py on a clone that is nearly empty; pip only noted."""
    spec = importlib.util.spec_from_file_location(
        "setup_script", ROOT / "tools" / "setup.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "tools").mkdir()
    for name in ("constraints.txt", "pyproject.toml", "tools/setup.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv/triptych.json")
    monkeypatch.setattr(module, "LOG", tmp_path / "runs/logs/setup.log")
    module.ran = []
    module.refused = ""

    def run(command):
        module.ran.append(command)
        if "venv" in command:
            folder = Path(command[-1]) / "bin"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "python").touch()
        if module.refused and any(module.refused in w for w in command):
            module.LOG.write_text("ERROR: No matching distribution found")
            return 1
        return 0

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module.signal, "signal", lambda *arguments: None)
    return module


def make(setup, monkeypatch, *options):
    setup.ran.clear()
    monkeypatch.setattr(sys, "argv", ["setup.py", *options])
    return setup.main()


def installed(setup):
    """Environment -> what pip was asked for."""
    found = {}
    for command in setup.ran:
        if "install" in command:
            place = Path(command[0]).parents[1].name
            wanted = command[command.index("-c") + 2 :]
            found.setdefault(place, []).extend(wanted)
    return found


def test_second_call_does_nothing(setup, monkeypatch):
    assert make(setup, monkeypatch) == 0
    assert "tensorflow" in " ".join(installed(setup)[".venv"])
    assert make(setup, monkeypatch) == 0
    assert not setup.ran


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_changed_pins_set_up_anew(setup, monkeypatch, name):
    make(setup, monkeypatch)
    with (setup.ROOT / name).open("a") as file:
        file.write("# changed\n")
    make(setup, monkeypatch)
    assert setup.ran


def test_interrupted_set_up_is_begun_anew(setup, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "step", interrupted)
    assert make(setup, monkeypatch) == 130
    assert not setup.STAMP.exists()
    assert "begins it anew" in capsys.readouterr().err


def test_unfinished_environment_is_cleared(setup, monkeypatch):
    (setup.VENV / "bin").mkdir(parents=True)
    (setup.VENV / "bin" / "python").touch()
    make(setup, monkeypatch)
    assert "--clear" in setup.ran[0]


def test_failure_is_told_and_not_taken_for_done(setup, monkeypatch, capsys):
    setup.refused = "tensorflow"
    assert make(setup, monkeypatch) == 1
    told = capsys.readouterr().err
    assert "Set-up failed at installing tensorflow" in told
    assert "No index has it for this Python and platform." in told
    assert "Traceback" not in told
    setup.refused = ""
    assert make(setup, monkeypatch) == 0
    assert setup.ran


def test_torch_is_built_for_cpus_where_that_can_be_had(setup, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    make(setup, monkeypatch)
    wanted = installed(setup)[".venv"]
    assert any(w.startswith("torch==") and w.endswith("+cpu") for w in wanted)


def test_torchs_own_index_is_asked_second(setup, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    setup.refused = "+cpu"
    make(setup, monkeypatch, "--torch-index", "file:///wheels")
    asked = [c for c in setup.ran if any("+cpu" in w for w in c)]
    assert ["--index-url" in command for command in asked] == [False, True]
    assert "no CPU build to be had" in capsys.readouterr().out
    assert any("uninstall" in c and "triton" in c for c in setup.ran)
    assert "torch" in installed(setup)[".venv"]  # the usual one, then


def test_cuda_has_an_environment_per_framework(setup, monkeypatch):
    make(setup, monkeypatch, "--accelerator", "cuda")
    found = installed(setup)
    assert set(found) == {
        *(".venv", ".venv-torch", ".venv-tensorflow", ".venv-jax")
    }
    assert "jax[cuda13]" in found[".venv-jax"]
    assert any(w.startswith("torch===") for w in found[".venv-torch"])
    assert not {"torch", "jax", "tensorflow"} & set(found[".venv"])
    told = json.loads(setup.STAMP.read_text())
    assert told["interpreters"]["jax"] == ".venv-jax/bin/python"
    make(setup, monkeypatch)  # remembered
    assert not setup.ran


def test_frameworks_can_be_chosen(setup, monkeypatch):
    make(setup, monkeypatch, "--frameworks", "torch,jax")
    assert "tensorflow" not in " ".join(installed(setup)[".venv"])
    assert make(setup, monkeypatch) == 0  # and are remembered
    assert not setup.ran


@pytest.mark.parametrize(
    "options", [("--frameworks", "torhc"), ("--accelerator", "tpu")]
)
def test_wrong_choice(setup, monkeypatch, capsys, options):
    with pytest.raises(SystemExit) as ended:
        make(setup, monkeypatch, *options)
    assert ended.value.code == 2
    assert options[1] in capsys.readouterr().err


def test_another_python_is_set_up_when_it_is_named(setup, monkeypatch):
    make(setup, monkeypatch)
    told = json.loads(setup.STAMP.read_text()) | {"python": "3.0"}
    setup.STAMP.write_text(json.dumps(told))
    make(setup, monkeypatch)
    assert not setup.ran  # what is there will do
    make(setup, monkeypatch, "--python", sys.executable)
    assert setup.ran


def test_python_that_is_too_old(setup, monkeypatch, capsys):
    monkeypatch.setattr(setup.sys, "version_info", (3, 10, 1))
    assert make(setup, monkeypatch, "--python", "/usr/bin/python3.10") == 1
    assert "is Python 3.10: expected 3.11 to 3.13" in capsys.readouterr().err


def test_every_requirement_is_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = {w for extra in extras for w in extra} | set(
        project["dependencies"]
    )
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = {plain(line.partition("==")[0]) for line in lines if "==" in line}
    names = {plain(w.partition(";")[0].partition("[")[0]) for w in wanted}
    assert names <= pins


def plain(name):
    return name.strip().lower().replace("_", "-")


def test_make_prints_its_targets_one_line_each():
    done = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    head, *lines = done.stdout.splitlines()
    assert head.startswith("target")
    assert all(line.startswith("make ") for line in lines)
    names = {line.split()[1] for line in lines}
    assert {"setup", "data", "bench", "report", "test", "check"} <= names


def test_pip_installs_into_this_environment_alone(setup, monkeypatch):
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org/simple")
    given = setup.environment_variables()
    assert given["PIP_USER"] == "0" and given["PYTHONNOUSERSITE"] == "1"
    assert not {"PIP_TARGET", "PYTHONPATH"} & set(given)
    assert given["PIP_INDEX_URL"] == "https://example.org/simple"


@pytest.mark.parametrize("target", ["bench", "data", "profile", "gate"])
@pytest.mark.parametrize("folder", ["a b", "it's", 'say "hi"', ""])
def test_a_data_folder_reaches_a_command_as_it_is_called(target, folder):
    """`make` runs a program that prints its arguments, one to a line."""
    printing = "VENV=printf '%s\\n'"
    command = ["make", "-o", "setup", target, f"DATA={folder}", printing]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    words = done.stdout.splitlines()
    assert words[words.index("--data") + 1] == folder
