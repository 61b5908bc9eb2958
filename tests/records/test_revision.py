"""Which code ran: by content, with what git knows beside it."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.environment import describe
from benchmarks.records import revision

# What measured code imports and that changes no number of a cell
HARMLESS = {
    "benchmarks.errors",
    "benchmarks.environment.describe",  # the record's text on the machine
    "benchmarks.environment.files",
    "benchmarks.environment.interpreters",
    "benchmarks.config.workload",  # makes the cell, which is in the key
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of this tree's sources."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("impls", "benchmarks", "reports"):
        only = shutil.ignore_patterns("__pycache__", "published", "*.html")
        shutil.copytree(revision.ROOT / folder, root / folder, ignore=only)
    return root


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in ("impls/model.py", "benchmarks/worker/speed.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


def changes(tree: Path, name: str) -> bool:
    """Whether a line added to a file changes the digest."""
    path, before = tree / name, revision.code_digest(tree)
    text = path.read_text("utf-8")
    path.write_text(text + "# reworded\n", "utf-8")
    try:
        return revision.code_digest(tree) != before
    finally:
        path.write_text(text, "utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "impls/cnn/torch.py",
        "impls/frameworks/jax.py",
        "impls/init.py",
        "benchmarks/worker/speed.py",
        "benchmarks/passes/phased_training.py",
        "benchmarks/data/batches.py",
        "benchmarks/data/sets/mnist.py",
        "benchmarks/config/phases.py",
        "benchmarks/environment/env_vars.py",
        "benchmarks/environment/nvml.py",
        "benchmarks/records/metric.py",
    ],
)
def test_what_can_change_a_number_changes_the_digest(tree, name):
    assert changes(tree, name)


@pytest.mark.parametrize(
    "name",
    [
        "benchmarks/gate/decide.py",
        "benchmarks/gate/render/terminal.py",
        "benchmarks/tracking/sync.py",
        "benchmarks/commands/bench.py",
        "benchmarks/bench/console.py",
        "benchmarks/config/overrides.py",
        "benchmarks/records/store.py",
        "benchmarks/reproduce/report.py",
        "reports/output/write.py",
        "impls/cnn/README.md",
    ],
)
def test_rewording_a_message_changes_no_digest(tree, name):
    assert not changes(tree, name)


def test_an_environment_variable_changes_the_key(monkeypatch):
    cell = {
        "framework": {"name": "torch"},
        "device": {"name": "cpu", "threads": 2},
        "precision": "float32",
    }
    before = describe.fingerprint(describe.describe(cell))
    monkeypatch.setenv("TORCHINDUCTOR_MAX_AUTOTUNE", "1")
    assert describe.fingerprint(describe.describe(cell)) != before


def test_all_that_measured_code_imports_is_covered():
    """Of the project's modules; those that change no number are listed."""
    paths = revision.sources(revision.ROOT)
    covered = {_module(path) for path in paths}
    uncovered = set().union(*map(_imported, paths)) - covered
    assert uncovered == HARMLESS


def _module(path: Path) -> str:
    name = path.relative_to(revision.ROOT).with_suffix("").as_posix()
    return name.replace("/", ".").removesuffix(".__init__")


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                inner = revision.ROOT / module.replace(".", "/") / alias.name
                package = inner.is_dir() or inner.with_suffix(".py").is_file()
                names.add(f"{module}.{alias.name}" if package else module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {n for n in names if n.partition(".")[0] in ("benchmarks", "impls")}


def test_the_code_digest_is_of_names_and_contents(sources):
    before = revision.code_digest(sources)
    (sources / "impls" / "README.md").write_text("words\n")
    assert revision.code_digest(sources) == before
    (sources / "impls" / "new.py").write_text("# not in git yet\n")
    added = revision.code_digest(sources)
    assert added != before
    (sources / "impls" / "new.py").rename(sources / "impls" / "other.py")
    assert revision.code_digest(sources) not in (before, added)


def test_without_git_the_revision_is_null_with_a_reason(sources, monkeypatch):
    code = revision.code(sources)
    assert code["revision"] is None and code["dirty"] is None
    assert "not a git repository" in code["reason"]
    monkeypatch.setenv("PATH", str(sources))
    assert revision.code(sources)["reason"] == "git is not installed"


DUBIOUS = """fatal: detected dubious ownership in repository at '/clone'
To add an exception for this directory, call:

\tgit config --global --add safe.directory /clone
"""


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (DUBIOUS, DUBIOUS.splitlines()[0]),
        ("warning: odd\nfatal: bad object HEAD\n", "fatal: bad object HEAD"),
        ("error: broken\n", "error: broken"),
        ("", "git failed"),
    ],
)
def test_the_reason_is_gits_cause_not_its_advice(monkeypatch, output, reason):
    def fail(*given, **more):
        raise subprocess.CalledProcessError(128, "git", "", output)

    monkeypatch.setattr(revision.subprocess, "run", fail)
    assert revision.code()["reason"] == reason


def test_with_git_changes_are_seen(sources, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git = ["git", "-C", str(sources), "-c", "user.name=a", "-c"]
    git += ["user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    clean = revision.code(sources)
    assert len(clean["revision"]) == 40 and clean["dirty"] is False
    assert revision.exists(clean["revision"], sources)
    assert not revision.exists("0123456789", sources)
    (sources / "impls" / "model.py").write_text("# changed\n")
    changed = revision.code(sources)
    assert changed["dirty"] is True
    assert changed["revision"] == clean["revision"]
    assert changed["digest"] != clean["digest"]
    # A hook of git runs with variables that name another repository
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert revision.code(sources) == changed
