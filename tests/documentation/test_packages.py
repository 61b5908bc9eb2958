"""Packages: what each holds, and what other packages may use of it."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    path.parent
    for top in ("benchmarks", "reports")
    for path in (ROOT / top).glob("*/__init__.py")
)
SOURCES = [
    path
    for top in ("benchmarks", "reports")
    for path in (ROOT / top).rglob("*.py")
]


def name(room):
    return ".".join(room.relative_to(ROOT).parts)


def public(room):
    """What the package names in `__all__`."""
    tree = ast.parse((room / "__init__.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


@cache
def imports(path):
    """(module, names) of every `from module import names` in a file."""
    return [
        (node.module, {part.name for part in node.names})
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    ]


def used_elsewhere(room):
    """Modules of a package that modules outside of it import."""
    modules = {path.stem for path in room.iterdir()} - {"__init__"}
    for path in SOURCES:
        if room in path.parents:
            continue
        for module, names in imports(path):
            if module == name(room):
                yield from names & modules
            elif module.startswith(f"{name(room)}."):
                yield module.removeprefix(f"{name(room)}.").split(".")[0]


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_other_packages_use_what_all_names(room):
    assert set(used_elsewhere(room)) <= public(room)


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_all_names_what_exists(room):
    tree = ast.parse((room / "__init__.py").read_text("utf-8"))
    assert len(ast.get_docstring(tree).splitlines()[0]) <= 80
    defined = {getattr(node, "name", None) for node in tree.body}
    modules = {path.stem for path in room.iterdir()}
    imported = {
        part.asname or part.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for part in node.names
    }
    assert public(room) <= defined | modules | imported


def test_no_loose_module_but_errors():
    loose = {path.name for path in (ROOT / "benchmarks").glob("*.py")}
    assert loose == {"__init__.py", "errors.py"}
