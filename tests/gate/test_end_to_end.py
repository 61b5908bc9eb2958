"""The whole gate on this project itself: a copy of it, and a real edit."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.support.gate_trees import ROOT, edit

pytestmark = pytest.mark.slow
CELL = "workload=rnn framework=torch"


def git(folder, *words):
    author = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    done = subprocess.run(
        ["git", *author, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """This tree as it is now, committed once in a repository of its own."""
    folder = tmp_path_factory.mktemp("project")
    listed = ("ls-files", "-co", "--exclude-standard")
    for name in git(ROOT, *listed).splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "base")
    return folder


@pytest.fixture
def changed(project):
    """To be edited; as it was committed again afterwards."""
    yield project
    git(project, "checkout", "-q", ".")


def gate(folder, *words):
    """Exit code, what was printed, and the verdict."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.commands.gate",
            "--base",
            "HEAD",
            *words,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    path = folder / "reports/gate/gate.json"
    verdict = json.loads(path.read_text()) if path.exists() else None
    return done.returncode, done.stdout + done.stderr, verdict


def test_another_epsilon_is_told_as_changed_numerics(changed):
    edit(
        changed,
        "conf/workload/rnn.yaml",
        "learning_rate: 0.001",
        "learning_rate: 0.001, epsilon: 1.0e-8",
    )
    code, out, verdict = gate(changed, "--cells", CELL, "--budget", "1s")
    assert code == 1, out
    cell = verdict["cells"][0]
    assert cell["numerics"]["outcome"] == "changed"
    assert cell["configuration"] == {"workload.optimizer.epsilon": [1e-7, 1e-8]}
    assert "with changed numerics" in out
    assert git(changed, "worktree", "list").count("\n") == 1


def test_a_flipped_convention_is_told_as_changed_numerics(changed):
    edit(changed, "impls/rnn/torch.py", "[:, -1]", "[:, -2]")
    code, out, verdict = gate(changed, "--cells", CELL, "--budget", "1s")
    assert code == 1, out
    assert verdict["cells"][0]["numerics"]["outcome"] == "changed"


def test_a_model_that_does_not_import_cannot_be_measured(changed):
    edit(
        changed,
        "impls/rnn/torch.py",
        "class Model",
        "import nothing_such\n\n\nclass Model",
    )
    code, out, verdict = gate(changed, "--cells", CELL, "--budget", "1s")
    assert code == 2, out
    assert "nothing_such" in verdict["cells"][0]["failure"]
    assert "Traceback" not in out


def test_a_model_that_the_base_lacks_is_refused(changed):
    text = (changed / "conf/workload/rnn.yaml").read_text()
    (changed / "conf/workload/newer.yaml").write_text(
        text.replace("name: rnn", "name: newer")
    )
    try:
        code, out, verdict = gate(changed, "--cells", "workload=newer")
    finally:
        (changed / "conf/workload/newer.yaml").unlink()
    assert (code, verdict) == (2, None), out
    assert "has no workload newer" in out
