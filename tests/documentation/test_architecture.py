"""The documentation names files that exist, and README stays short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TOP = ("benchmarks", "conf", "docs", "impls", "reports", "tests", "tools")
# Written by commands, or by the reader of the page
MADE = (
    *("reports/latest", "reports/gate", "reports/reproduce"),
    "tools/gitlab_note.py",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_exists(page):
    text = page.read_text("utf-8")
    named = re.findall(r"`([\w./-]+)`", text)
    linked = re.findall(r"\]\(([\w./-]+)\)", text)
    paths = [ROOT / name for name in named if name.startswith(TOP)]
    paths += [page.parent / link for link in linked]
    missing = [
        str(path)
        for path in paths
        if "/"
        in str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
        and not path.exists()
        and not str(path).startswith(tuple(str(ROOT / made) for made in MADE))
    ]
    assert missing == []


def test_architecture_names_every_package():
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    for package in sorted((ROOT / "benchmarks").iterdir()):
        if (package / "__init__.py").is_file():
            assert f"benchmarks/{package.name}" in text, package.name


def test_every_module_named_to_python_exists():
    for page in PAGES:
        for name in re.findall(r"python -m ([\w.]+)", page.read_text("utf-8")):
            path = ROOT / name.replace(".", "/")
            if name.startswith(("benchmarks", "reports", "tests")):
                assert path.with_suffix(".py").is_file() or path.is_dir(), name


def test_readme_is_short():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 150
