"""Which code ran: by content, with what git knows beside it."""

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.records import revision


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for folder in ("impls", "benchmarks"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.py").write_text(f"# {folder}\n")
    return tmp_path


def test_the_code_digest_is_of_sources_alone(sources):
    before = revision.code_digest(sources)
    (sources / "benchmarks" / "test_speed.py").write_text("# a test\n")
    (sources / "impls" / "README.md").write_text("words\n")
    assert revision.code_digest(sources) == before
    (sources / "impls" / "new.py").write_text("# not in git yet\n")
    added = revision.code_digest(sources)
    assert added != before
    (sources / "impls" / "new.py").rename(sources / "impls" / "other.py")
    assert revision.code_digest(sources) not in (before, added)


def test_without_git_the_revision_is_null_with_a_reason(sources, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(sources.parent))
    found = revision.code(sources)
    assert found["revision"] is None and found["dirty"] is None
    assert "not a git repository" in found["reason"]
    monkeypatch.setenv("PATH", str(sources))
    assert revision.code(sources)["reason"] == "git is not installed"


def test_with_git_changes_are_seen(sources, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git = ["git", "-C", str(sources), "-c", "user.name=a", "-c"]
    git += ["user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    clean = revision.code(sources)
    assert len(clean["revision"]) == 40 and clean["dirty"] is False
    (sources / "impls" / "model.py").write_text("# changed\n")
    changed = revision.code(sources)
    assert changed["dirty"] is True
    assert changed["revision"] == clean["revision"]
    assert changed["digest"] != clean["digest"]
