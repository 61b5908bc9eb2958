"""Shapes that docstrings and comments promise, held against real arrays."""

import ast
import re
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

COMMENT = re.compile(r"# \(([a-z][\w +*/-]*(?:, [\w +*/-]+)*),?\)(?:: .*)?$")
TUPLE = r"\(([^()]*)\)"
ARROW = re.compile(rf"((?:(?:\w+ )?{TUPLE},? )*)-> {TUPLE}")
FORWARDS = ("forward", "call", "__call__")

Axes = list[str]


class Line(NamedTuple):
    """A simple statement: its lines, the name it gives, its comment."""

    first: int
    last: int
    target: str | None
    axes: Axes | None


class Promise(NamedTuple):
    """What a function says of shapes: of arguments, result and lines."""

    entry: bool  # whether sizes of the Spec are meant
    arguments: list[tuple[str | None, Axes]]
    result: Axes | None
    lines: list[Line]


def axes(text: str) -> Axes:
    """`batch, height - row + 1` -> its parts."""
    return [part.strip() for part in text.strip(" ,").split(",")]


def said(docstring: str) -> tuple[list[tuple[str | None, Axes]], Axes | None]:
    """Axes of arguments and result in `(a, b) -> (a)`; None: not said.

    Arguments may be named: `image (batch, channel), kernel (in, out) ->`.
    """
    found = ARROW.search(" ".join(docstring.split()))
    if not found:
        return [], None
    named = re.findall(rf"(?:(\w+) )?{TUPLE}", found[1])
    arguments = [(name or None, axes(text)) for name, text in named]
    return arguments, axes(found[found.lastindex])


@cache
def promises(path: str) -> dict[tuple[str, int], Promise]:
    """(function, first line) -> what it promises, of one file."""
    text = Path(path).read_text()
    rows, found = text.splitlines(), {}
    tree = ast.parse(text)
    models = {
        part
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Model"
        for part in node.body
        if getattr(part, "name", None) in FORWARDS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments, result = said(ast.get_docstring(node) or "")
            lines = [_line(part, rows) for part in _simple(node)]
            oracle = path.endswith("reference.py") and node.name == "logits"
            entry = oracle or node in models
            if result or any(line.axes for line in lines):
                first = min([node, *node.decorator_list], key=_lineno).lineno
                promise = Promise(entry, arguments, result, lines)
                found[node.name, first] = promise
    return found


def _lineno(node: Any) -> int:
    return int(node.lineno)


def _simple(function: ast.FunctionDef) -> list[ast.stmt]:
    kinds = ast.Assign, ast.AugAssign, ast.Return, ast.Expr
    return [node for node in ast.walk(function) if isinstance(node, kinds)]


def _line(node: ast.stmt, rows: list[str]) -> Line:
    assert node.end_lineno is not None
    comment = COMMENT.search(rows[node.end_lineno - 1])
    targets = [*getattr(node, "targets", []), getattr(node, "target", None)]
    firsts = [one.elts[0] if isinstance(one, ast.Tuple) else one
              for one in targets]  # fmt: skip
    names = [one.id for one in firsts if isinstance(one, ast.Name)]
    return Line(
        node.lineno,
        node.end_lineno,
        names[0] if names else None,
        axes(comment[1]) if comment else None,
    )


class Watch:
    """Follows every call under `root` and checks what it promises.

    `known`: axis -> size, of the model's entry. `problems`: what did not
    hold, in words. `checked`: (file, line) of each promise that was held.
    """

    def __init__(self, root: Path, known: dict[str, int]) -> None:
        self.root = str(root)
        self.known = known
        self.problems: list[str] = []
        self.checked: set[tuple[str, int]] = set()

    @contextmanager
    def __call__(self) -> Any:
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield self
        finally:
            sys.settrace(before)

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        promise = _promise(frame.f_code, self.root)
        return promise and Call(self, frame, promise).follow


def _promise(code: CodeType, root: str) -> Promise | None:
    if not code.co_filename.startswith(root):
        return None
    key = code.co_name, code.co_firstlineno
    return promises(code.co_filename).get(key)


class Call:
    """One call of a function: sizes of the axes named so far."""

    def __init__(self, watch: Watch, frame: FrameType, promise: Promise):
        self.watch = watch
        self.promise = promise
        self.path = frame.f_code.co_filename
        self.start = frame.f_code.co_firstlineno
        self.sizes: dict[str, int] = {}
        self.whole: tuple[int, ...] = ()  # what `...` stands for
        self.now: Line | None = None
        self.before: tuple[int, ...] | None = None
        self.raised = False
        self._arguments(frame)

    def follow(self, frame: FrameType, event: str, arg: Any) -> Any:
        """A local trace function."""
        self.raised = event == "exception"
        if event == "line" and not self._inside(frame):
            self._leave(frame)
            self._enter(frame)
        elif event == "return" and not (self.raised and arg is None):
            self._leave(frame)
            if self.promise.result:
                # Of several results the first is what is promised
                first = arg[0] if isinstance(arg, tuple) else arg
                self._hold(self.promise.result, first, self.start)
            self._apart()
        return self.follow

    def _arguments(self, frame: FrameType) -> None:
        arguments = [
            (name, frame.f_locals[name])
            for name in frame.f_code.co_varnames[: frame.f_code.co_argcount]
            if hasattr(frame.f_locals[name], "shape")
        ]
        named = dict(arguments)
        if self.promise.arguments and not arguments:
            self._problem(self.start, "no argument is an array")
        for number, (name, axes) in enumerate(self.promise.arguments):
            if number < len(arguments):
                found = named.get(name, arguments[number][1])
                self._hold(axes, found, self.start)

    def _enter(self, frame: FrameType) -> None:
        lines = [
            line
            for line in self.promise.lines
            if line.first <= frame.f_lineno <= line.last
        ]
        self.now = lines[-1] if lines else None
        self.before = None
        if self.now and self.now.target in frame.f_locals:
            found = frame.f_locals[self.now.target]
            self.before = tuple(getattr(found, "shape", ())) or None

    def _inside(self, frame: FrameType) -> bool:
        """A statement of many lines goes to and fro before it is done."""
        now = self.now
        return now is not None and now.first <= frame.f_lineno <= now.last

    def _leave(self, frame: FrameType) -> None:
        line = self.now
        if line is None or line.target not in frame.f_locals:
            return
        found = frame.f_locals[line.target]
        if line.axes:
            self._hold(line.axes, found, line.last)
        elif self.before is not None and self.promise.entry:
            rank = len(getattr(found, "shape", self.before))
            if rank != len(self.before):
                self._problem(line.last, "the shape changes, uncommented")

    def _hold(self, axes: Axes, found: Any, where: int) -> None:
        shape = tuple(getattr(found, "shape", ()))
        self.watch.checked.add((self.path, where))
        if axes == ["..."]:
            self.whole = self.whole or shape
            if shape != self.whole:
                self._problem(where, f"{shape}: expected {self.whole}")
            return
        told = f"({', '.join(axes)})"
        if len(shape) != len(axes):
            self._problem(where, f"{told} is {shape}")
            return
        for axis, size in zip(axes, shape, strict=True):
            expected = self._size(axis)
            if expected is None:
                self.sizes[axis] = size
            elif size != expected:
                text = f"{told} is {shape}: {axis} should be {expected}"
                self._problem(where, text)

    def _size(self, axis: str) -> int | None:
        """What is known of an axis: 3, `height`, or `height - row + 1`."""
        if axis in self.sizes:
            return self.sizes[axis]
        if self.promise.entry and axis in self.watch.known:
            self.sizes[axis] = self.watch.known[axis]
            return self.sizes[axis]
        try:
            names = {"__builtins__": {}} | self.sizes
            return int(eval(axis.replace(" x ", " * "), names))
        except (NameError, SyntaxError):
            return None

    def _apart(self) -> None:
        """Axes of the same size could be exchanged unseen.

        A filter's two sides are one size of the Spec: they are alike.
        """
        names: dict[int, str] = {}
        alike = 1, self.watch.known.get("kernel")
        for axis, size in self.sizes.items():
            other = names.setdefault(size, axis)
            if other != axis and size not in alike:
                text = f"{other} and {axis} are both {size}: choose others"
                self._problem(self.start, text)

    def _problem(self, where: int, text: str) -> None:
        name = Path(self.path).relative_to(self.watch.root)
        self.watch.problems.append(f"{name}:{where}: {text}")


def known(spec: Any, size: int) -> dict[str, int]:
    """axis -> size by the fields of a Spec: `class` is its `classes`."""
    sizes = {"batch": size}
    for name, value in vars(spec).items():
        if isinstance(value, int):
            for ending in ("", "s", "es"):
                sizes.setdefault(name.removesuffix(ending) or name, value)
    return sizes
