"""The workflows: what they may do, and that what they call exists."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.gate.render.comment import MARKER

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
NAMES = ("gate", "gate-comment")


def workflow(name: str) -> dict[Any, Any]:
    content = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    content["on"] = content.pop(True)  # YAML 1.1 reads `on` as a boolean
    return content


def steps(name: str) -> list[dict[str, Any]]:
    (job,) = workflow(name)["jobs"].values()
    return job["steps"]


def scripts(name: str) -> list[str]:
    return [step["run"] for step in steps(name) if "run" in step]


def test_the_pull_requests_code_runs_with_a_token_that_may_only_read():
    gate = workflow("gate")
    assert set(gate["on"]) == {"pull_request"}
    assert gate["permissions"] == {"contents": "read"}
    assert "permissions" not in gate["jobs"]["gate"]
    checkout = steps("gate")[0]["with"]
    assert checkout["fetch-depth"] == 0
    assert checkout["persist-credentials"] is False


def test_who_may_write_runs_nothing_of_the_pull_request():
    content = workflow("gate-comment")
    assert content["on"] == {
        "workflow_run": {"workflows": ["gate"], "types": ["completed"]}
    }
    assert content["permissions"] == {
        "actions": "read",
        "contents": "read",
        "pull-requests": "write",
    }
    checkout, _, download, _ = steps("gate-comment")
    assert "ref" not in checkout["with"]  # the default branch
    assert checkout["with"]["persist-credentials"] is False
    assert download["with"]["path"].startswith("${{ runner.temp }}/")


@pytest.mark.parametrize("name", NAMES)
def test_one_run_per_pull_request_and_a_limit_of_time(name):
    content = workflow(name)
    assert "github.event." in content["concurrency"]["group"]
    (job,) = content["jobs"].values()
    assert job["timeout-minutes"] <= 120


@pytest.mark.parametrize("name", NAMES)
def test_scripts_are_bash_and_hold_nothing_that_others_may_write(name):
    for script in scripts(name):
        subprocess.run(["bash", "-n", "-c", script], check=True)
        assert "${{" not in script


def test_actions_have_the_major_versions_of_ci():
    text = (FOLDER / "ci.yml").read_text("utf-8")
    pinned = dict(re.findall(r"uses: (\S+)@(v\d+)", text))
    used = [step["uses"] for n in NAMES for step in steps(n) if "uses" in step]
    for action in used:
        name, _, version = action.partition("@")
        assert version == pinned.get(name, "v4")


def test_what_is_called_exists():
    targets = re.findall(r"^make ([a-z-]+)", "\n".join(scripts("gate")), re.M)
    assert set(targets) == {"setup", "gate"}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^gate:", makefile, re.M)
    text = "\n".join(scripts("gate") + scripts("gate-comment"))
    modules = set(re.findall(r"python -m ([\w.]+)", text))
    assert modules == {
        "benchmarks.commands.gate_verdict",
        "benchmarks.commands.gate_comment",
    }
    for module in modules:
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_every_verdict_is_kept_shown_and_told():
    by_name = {
        step.get("name", step.get("uses")): step for step in steps("gate")
    }
    upload = by_name["actions/upload-artifact@v4"]
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == "reports/gate"
    show = by_name["Show it on the page of this run"]
    assert show["if"] == "always()" and "GITHUB_STEP_SUMMARY" in show["run"]


@pytest.mark.parametrize(
    ("code", "title"),
    [("0", "Nothing"), ("1", "Regressed"), ("2", "Could not be measured")],
)
def test_the_check_passes_or_fails_as_the_verdict_says(code, title):
    script = scripts("gate")[-1]
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env={"CODE": code},
        capture_output=True,
        text=True,
    )
    assert str(done.returncode) == code
    assert title in done.stdout


def comment(
    tmp_path: Path, number: str, posted: str = "", head: str = "c0ffee"
) -> str:
    """Run the comment's script with a stand-in for gh; its requests.

    `head`: where the pull request is; `posted`: ids of our comments.
    """
    artifact = tmp_path / "gate"
    artifact.mkdir()
    (artifact / "number").write_text(number)
    gh = tmp_path / "gh"
    gh.write_text(
        '#!/bin/sh\necho "$@" >> "$ASKED"\n'
        f'case "$*" in *pulls*) echo {head} ;;'
        f' *--paginate*) printf "{posted}" ;; esac\n'
    )
    gh.chmod(0o755)
    log = tmp_path / "log"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", scripts("gate-comment")[0]],
        cwd=ROOT,
        env={
            "PATH": f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "ASKED": str(log),
            "FOUND": str(artifact),
            "COMMIT": "c0ffee",
            "GITHUB_REPOSITORY": "o/r",
            "RUNNER_TEMP": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    calls = log.read_text() if log.exists() else ""
    return f"{done.returncode} {done.stdout}{calls}"


def test_a_first_comment_is_written(tmp_path):
    calls = comment(tmp_path, "12\n")
    assert calls.startswith("0 ")
    assert "--method POST repos/o/r/issues/12/comments -F body=@" in calls
    assert MARKER in (tmp_path / "comment.md").read_text("utf-8")


def test_a_comment_that_is_there_is_updated(tmp_path):
    calls = comment(tmp_path, "12", posted=r"77\n78\n")
    assert "--method PATCH repos/o/r/issues/comments/77 -F body=@" in calls
    assert f'contains("{MARKER}")' in calls


@pytest.mark.parametrize("number", ["", "0", "12; id", "../1", "1" * 11, "x"])
def test_what_is_no_number_is_refused(tmp_path, number):
    assert comment(tmp_path, number) == (
        "1 ::error::The artifact's number is no number.\n"
    )


def test_another_commits_pull_request_gets_no_comment(tmp_path):
    calls = comment(tmp_path, "12", head="decade")
    assert calls.startswith("0 ::notice::Pull request 12 is not at c0ffee")
    assert "comments" not in calls


def blocks(language: str) -> list[str]:
    """The code blocks of the page for other services."""
    page = (ROOT / "docs" / "gate-elsewhere.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S)


def test_the_page_for_gitlab_is_yaml_that_keeps_what_was_found():
    (text,) = blocks("yaml")
    job = yaml.safe_load(text)["gate"]
    assert job["artifacts"] == {
        "when": "always",
        "paths": ["reports/gate"],
        "reports": {"junit": "reports/gate/junit.xml"},
    }
    assert job["script"][-1] == (
        ".venv/bin/python -m benchmarks.commands.gate_verdict reports/gate"
    )
    assert job["allow_failure"] == {"exit_codes": 2}


def test_the_pages_scripts_can_be_read():
    (night,) = blocks("bash")
    subprocess.run(["bash", "-n", "-c", night], check=True)
    (note,) = blocks("python")
    compile(note, "gitlab_note.py", "exec")
    assert f'MARKER = "{MARKER}"' in note
