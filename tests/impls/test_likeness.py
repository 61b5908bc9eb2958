"""The three implementations of a model read alike, line by line.

Syntax trees and text only: no framework is imported.
"""

import ast
import re
from pathlib import Path

import pytest

import impls

IMPLS = Path(impls.__file__).parent
# Packages with all three implementations: models and their shared parts
ROOMS = sorted(
    folder.name
    for folder in IMPLS.iterdir()
    if all((folder / f"{name}.py").is_file() for name in impls.FRAMEWORKS)
    and folder.name != "frameworks"
)
# Lines; any other file has at most 120
LONGEST = {"multihead": 135, "transformer": 155, "t5": 200}
FORWARD = {"call": "forward", "__call__": "forward"}  # as torch calls it
RANDOM = "rngs"  # NNX draws parameters from what it is given
SHAPE = re.compile(r"# (\([a-z]\w*(?:, [a-z0-9][\w +*/-]*)*,?\))$")


def source(room, framework):
    return (IMPLS / room / f"{framework}.py").read_text()


def by_framework(room, read):
    """framework -> the result of `read` for its file."""
    return {
        framework: read(ast.parse(source(room, framework)))
        for framework in impls.FRAMEWORKS
    }


def alike(actual):
    """The common value of all implementations; an error shows them all."""
    values = list(actual.values())
    assert all(value == values[0] for value in values), actual
    return values[0]


def classes(tree):
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def methods(node):
    return [part for part in node.body if isinstance(part, ast.FunctionDef)]


def arguments(function):
    """Names and defaults, in order, and whether only by name."""
    actual = function.args
    every = [*actual.posonlyargs, *actual.args, *actual.kwonlyargs]
    more = [actual.vararg, actual.kwarg]
    names = [item.arg for item in [*every, *filter(None, more)]]
    defaults = [*actual.defaults, *filter(None, actual.kw_defaults)]
    return (
        [name for name in names if name != RANDOM],
        [ast.unparse(value) for value in defaults],
    )


def common(room):
    """Names of the classes that all implementations have."""
    actual = by_framework(
        room, lambda tree: {node.name for node in classes(tree)}
    )
    return set.intersection(*actual.values())


def attributes(function, context):
    """Attributes of `self`, in reading order."""
    nodes = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and isinstance(node.ctx, context)
    ]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    return [node.attr for node in nodes]


def of_methods(room, read):
    """framework -> {class.method: result of `read`}."""
    shared = common(room)
    return by_framework(
        room,
        lambda tree: {
            f"{node.name}.{FORWARD.get(part.name, part.name)}": read(part)
            for node in classes(tree)
            if node.name in shared
            for part in methods(node)
        },
    )


def test_there_are_models_and_all_have_three_implementations():
    assert set(impls.MODELS) <= set(ROOMS)
    assert len(impls.FRAMEWORKS) == 3


@pytest.mark.parametrize("model", impls.MODELS)
def test_classes(model):
    actual = alike(by_framework(model, lambda t: [c.name for c in classes(t)]))
    assert actual[-1] == "Model"


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_of_classes_and_forwards(room):
    shared = common(room)
    alike(
        by_framework(
            room,
            lambda tree: {
                node.name: ast.get_docstring(node)
                for node in classes(tree)
                if node.name in shared
            },
        )
    )
    docstrings = alike(of_methods(room, ast.get_docstring))
    for name, text in docstrings.items():
        if name.endswith(".forward"):
            assert re.fullmatch(r"\(.*\) -> \(.*\)", text or ""), name


@pytest.mark.parametrize("room", ROOMS)
def test_methods_and_their_arguments(room):
    alike(of_methods(room, arguments))


@pytest.mark.parametrize("room", ROOMS)
def test_attributes_in_reading_order(room):
    """Made in the same order, and used in the same order."""
    alike(of_methods(room, lambda part: attributes(part, ast.Store)))
    alike(of_methods(room, lambda part: attributes(part, ast.Load)))


@pytest.mark.parametrize("room", ROOMS)
def test_forwards_have_the_same_statements(room):
    """The same number of lines, which give the same names."""

    def targets(part):
        if FORWARD.get(part.name, part.name) != "forward":
            return None
        body = part.body[1:] if ast.get_docstring(part) else part.body
        return [
            [ast.unparse(x) for x in getattr(line, "targets", [])]
            for line in body
        ]

    alike(of_methods(room, targets))


@pytest.mark.parametrize("model", impls.MODELS)
def test_shape_comments(model):
    """The same axes at the same lines, whatever their layout."""

    def axes(framework):
        comments = [
            match[1].strip("(),").split(", ")
            for line in source(model, framework).splitlines()
            if (match := SHAPE.search(line))
        ]
        return [sorted(comment) for comment in comments]

    actual = alike(
        {framework: axes(framework) for framework in impls.FRAMEWORKS}
    )
    assert actual, "no line says which shape it gives"


@pytest.mark.parametrize("model", impls.MODELS)
def test_what_is_imported_from_each_other(model):
    """The same names from the same modules, if they are defined there.

    A class, or a function of `impls.frameworks`, may exist for one framework
    only, if the libraries of the others provide it.
    """

    def imported(framework):
        return {
            (node.module.removesuffix(f".{framework}"), name.name)
            for node in ast.walk(ast.parse(source(model, framework)))
            if isinstance(node, ast.ImportFrom)
            and node.module.startswith("impls")
            for name in node.names
        }

    actual = {framework: imported(framework) for framework in impls.FRAMEWORKS}
    for room, name in set.union(*actual.values()):
        for framework, names in actual.items():
            if name in defined(room, framework):
                assert (room, name) in names, f"{framework}: {name}"


def defined(room, framework):
    """Names of classes and functions of one file of `impls.<room>`."""
    path = IMPLS.joinpath(*room.split(".")[1:], f"{framework}.py")
    tree = ast.parse(path.read_text())
    kinds = ast.ClassDef, ast.FunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds)}


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
def test_imports_stay_in_their_framework(room, framework):
    for node in ast.walk(ast.parse(source(room, framework))):
        if isinstance(node, ast.ImportFrom) and "impls" in node.module:
            # A package itself imports no framework: see the next test
            common = node.module.removeprefix("impls.") in ROOMS
            assert common or node.module.endswith(f".{framework}"), node.module
    others = set(impls.FRAMEWORKS) | {"keras", "flax"}
    own = {"tensorflow": "keras", "jax": "flax"}.get(framework)
    named = {
        module.split(".")[0]
        for node in ast.walk(ast.parse(source(room, framework)))
        for module in (
            [name.name for name in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not named & (others - {framework, own})


@pytest.mark.parametrize("room", ROOMS)
def test_a_package_imports_no_framework(room):
    """All implementations may import its `__init__`."""
    actual = ast.walk(ast.parse(source(room, "__init__")))
    names = [
        name
        for node in actual
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (getattr(node, "module", None), *_names(node))
        if name
    ]
    known = {*impls.FRAMEWORKS, "keras", "flax", "optax"}
    assert not {part for name in names for part in name.split(".")} & known


def _names(node):
    return [name.name for name in node.names]


@pytest.mark.parametrize("room", ROOMS)
def test_public_functions_have_the_same_names_and_arguments(room):

    def functions(tree):
        return {
            node.name: arguments(node)
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
        }

    alike(by_framework(room, functions))


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
def test_files_fit_beside_each_other(room, framework):
    lines = source(room, framework).splitlines()
    assert len(lines) <= LONGEST.get(room, 120)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
def test_lines_of_one_framework_have_a_reason_and_are_few(room, framework):
    names = "|".join(impls.FRAMEWORKS)
    actual = re.findall(rf"# ({names}) only:(.*)", source(room, framework))
    assert len(actual) <= 3, "more than three differences: rethink the file"
    for name, reason in actual:
        assert name == framework
        assert len(reason.split()) >= 2, f"{name} only: give a reason"
