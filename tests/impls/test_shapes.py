"""Shapes in docstrings and comments are those of real arrays."""

from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import impls
from tests.support import shapes, trained
from tests.support.implementations import case, shared_runner
from tests.support.shapes import Watch

IMPLS = Path(impls.__file__).parent


def declared(path):
    """(file, line) of everything that a file says of shapes."""
    return {
        (str(path), line)
        for (_, first), declaration in shapes.declarations(str(path)).items()
        for line in [
            *([first] if declaration.result else []),
            *(line.last for line in declaration.lines if line.axes),
        ]
    }


def watch(point):
    return Watch(IMPLS, shapes.known(point.spec, point.size))


def hold(watched, path):
    assert watched.problems == []
    assert declared(path), "says nothing of shapes"
    assert declared(path) <= watched.checked


@pytest.mark.parametrize("model", impls.MODELS)
def test_references(model):
    point, batch = case(model), case(model).batch(0)
    given = point.spec, point.smooth, *batch.inputs
    reference = import_module(f"impls.{model}.reference")
    with watch(point)() as watched:
        point.logits(point.smooth, batch)
        if point.spec.attention:
            reference.weights(*given)
        if hasattr(reference, "state"):
            reference.final_state(*given, point.zero_state())
        if point.spec.decodes:
            prompt = point.spec.prompt(batch.inputs)
            token, state = reference.start(*given[:2], *prompt)
            reference.step(*given[:2], token, state)
    hold(watched, IMPLS / model / "reference.py")


@cache
def watched_logits(model, framework):
    """A forward pass, watched: by `jax.eval_shape`, no array is reckoned."""
    mode = {"jax": "jit"}.get(framework, "eager")
    point, runner = case(model), shared_runner(model, framework, mode)
    batch = runner.place(point.batch(0))
    with watch(point)() as watched:
        if framework == "jax":
            values, _, (moving, *_) = runner.train_state
            if runner.state_shapes:
                inputs = *batch.inputs, runner._state_before(point.size)
                batch = batch._replace(inputs=inputs)
            eval_shape = import_module("jax").eval_shape
            logits, *_ = eval_shape(
                runner.forward, values | moving, runner.rest, batch
            )
        else:
            logits = runner.logits(batch)
    expected = point.logits(point.smooth, point.batch(0))
    assert logits.shape == expected.shape
    return watched


def watched_training(framework):
    """Loss and gradients of a small model that has a training mode."""
    runner = trained.fresh(framework, {"jax": "jit"}.get(framework, "eager"))
    with Watch(IMPLS, {"batch": trained.SIZE})() as watched:
        runner.gradients(runner.place(trained.batch()))
    assert watched.problems == []
    return watched


@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
@pytest.mark.parametrize("model", impls.MODELS)
def test_implementations(model, framework):
    watched = watched_logits(model, framework)
    hold(watched, IMPLS / model / f"{framework}.py")


@pytest.mark.parametrize("framework", impls.FRAMEWORKS)
def test_what_models_share(framework):
    """The shared parts declare shapes, too, and are used."""
    held = set()
    for model in impls.MODELS:
        held |= watched_logits(model, framework).checked
    held |= watched_training(framework).checked
    for path in IMPLS.glob(f"*/{framework}.py"):
        if path.parent.name not in impls.MODELS:
            assert declared(path) <= held


SOURCE = '''
class Model:
    def forward(self, image):
        """(batch, height, width) -> (batch, class)"""
        x = image.transpose(0, 2, 1)  # (batch, width, height)
        x = x.reshape(
            len(x), -1
        )  # (batch, feature)
        return x[:, :CLASSES]


def patches(image, size):
    """image (batch, height, width) -> (batch, height - 2, 2 * width)"""
    return np.ones((len(image), image.shape[1] - size, image.shape[2] * 2))
'''


def problems(folder, *changed, call="Model().forward(image)"):
    """What a watch finds in SOURCE with a piece replaced."""
    text = SOURCE
    for before, after in changed:
        assert before in text
        text = text.replace(before, after)
    path = folder / f"example{len(list(folder.iterdir()))}.py"
    path.write_text(text)
    names = {"np": np, "CLASSES": 5, "image": np.ones((3, 7, 9))}
    exec(compile(text, str(path), "exec"), names)
    known = {"batch": 3, "height": 7, "width": 9, "class": 5}
    with Watch(folder, known)() as watched:
        eval(call, names)
    assert declared(path) & watched.checked
    return [text.partition(".py:")[2] for text in watched.problems]


def test_true_declarations_hold(tmp_path):
    assert problems(tmp_path) == []
    assert problems(tmp_path, call="patches(image, 2)") == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("width, height)", "height, width)", "height should be 7"),
        (":CLASSES]", ":4]", "class should be 5"),
        (":CLASSES]", ":5, None]", "(batch, class) is (3, 5, 1)"),
        ("(batch, feature)", "(batch, height)", "height should be 7"),
        ("  # (batch, feature)", "", "8: the shape changes, uncommented"),
        ('"(batch, height, w', '"(batch, width, w', "width should be 9"),
        ("(batch, feature)", "(feature, batch)", "feature"),
        ("-> (batch, class)", "-> (class, batch)", "class should be 5"),
        ("x[:, :CLASSES]", "x[:, :CLASSES].T", "batch should be 3"),
    ],
)
def test_false_declarations_are_detected(tmp_path, before, after, expected):
    actual = problems(tmp_path, (before, after))
    assert any(expected in text for text in actual), actual


@pytest.mark.parametrize("size", [1, 3])
def test_sizes_that_follow_from_others_are_reckoned(tmp_path, size):
    actual = problems(tmp_path, call=f"patches(image, {size})")
    assert len(actual) == 1 and "height - 2 should be 5" in actual[0]


def test_axes_that_could_be_exchanged_are_told(tmp_path):
    call = "patches(np.ones((3, 7, 7)), 2)"
    assert problems(tmp_path, call=call) == [
        "12: height and width are both 7: choose others"
    ]


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("(batch, time) -> (batch, 1)", ([(None, ["batch", "time"])],
                                         ["batch", "1"])),
        ("Says nothing (slide 7).", ([], None)),
        ("What was laid out -> (batch, feature): in rows.",
         ([], ["batch", "feature"])),
        ("Text (slide 7).\n\nx (a, b), kernel (b,\n c) -> (a, c), float64.",
         ([("x", ["a", "b"]), ("kernel", ["b", "c"])], ["a", "c"])),
        ("max(x, 0), element by element: (...) -> (...).",
         ([(None, ["..."])], ["..."])),
    ],
)  # fmt: skip
def test_docstrings_are_read(docstring, expected):
    assert shapes.parse(docstring) == expected
