"""Check the shapes in docstrings and comments against real arrays."""

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
    """A simple statement: its lines, the name it binds, its comment."""

    first: int
    last: int
    target: str | None
    axes: Axes | None


class Declaration(NamedTuple):
    """The declared shapes of a function's arguments, result and lines."""

    entry: bool  # whether axes are sizes of the Spec
    arguments: list[tuple[str | None, Axes]]
    result: Axes | None
    lines: list[Line]


def axes(text: str) -> Axes:
    """`batch, height - row + 1` -> its parts."""
    return [part.strip() for part in text.strip(" ,").split(",")]


def parse(docstring: str) -> tuple[list[tuple[str | None, Axes]], Axes | None]:
    """Axes of arguments and result in `(a, b) -> (a)`; None without one.

    Arguments may be named: `image (batch, channel), kernel (in, out) ->`.
    """
    arrow = ARROW.search(" ".join(docstring.split()))
    if not arrow:
        return [], None
    named = re.findall(rf"(?:(\w+) )?{TUPLE}", arrow[1])
    arguments = [(name or None, axes(text)) for name, text in named]
    return arguments, axes(arrow[arrow.lastindex])


@cache
def declarations(path: str) -> dict[tuple[str, int], Declaration]:
    """(function, first line) -> its declaration, for one file."""
    text = Path(path).read_text()
    rows, declared = text.splitlines(), {}
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
            arguments, result = parse(ast.get_docstring(node) or "")
            lines = [_line(part, rows) for part in _simple(node)]
            in_reference = path.endswith("reference.py")
            entry = in_reference and node.name == "logits" or node in models
            if result or any(line.axes for line in lines):
                first = min([node, *node.decorator_list], key=_lineno).lineno
                declaration = Declaration(entry, arguments, result, lines)
                declared[node.name, first] = declaration
    return declared


def _lineno(node: Any) -> int:
    return int(node.lineno)


def _simple(function: ast.FunctionDef) -> list[ast.stmt]:
    kinds = ast.Assign, ast.AugAssign, ast.Return, ast.Expr
    return [node for node in ast.walk(function) if isinstance(node, kinds)]


def _line(node: ast.stmt, rows: list[str]) -> Line:
    assert node.end_lineno is not None
    comment = COMMENT.search(rows[node.end_lineno - 1])
    targets = [*getattr(node, "targets", []), getattr(node, "target", None)]
    firsts = [target.elts[0] if isinstance(target, ast.Tuple) else target
              for target in targets]  # fmt: skip
    names = [first.id for first in firsts if isinstance(first, ast.Name)]
    return Line(
        node.lineno,
        node.end_lineno,
        names[0] if names else None,
        axes(comment[1]) if comment else None,
    )


class Watch:
    """Traces every call under `root` and checks its declared shapes.

    known: axis -> size, at the model's entry. problems: messages. checked:
    (file, line) of each declaration that was compared with an array.
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
        declaration = _declaration(frame.f_code, self.root)
        return declaration and Call(self, frame, declaration).follow


def _declaration(code: CodeType, root: str) -> Declaration | None:
    if not code.co_filename.startswith(root):
        return None
    key = code.co_name, code.co_firstlineno
    return declarations(code.co_filename).get(key)


class Call:
    """One call of a function: sizes of the axes named so far."""

    def __init__(
        self, watch: Watch, frame: FrameType, declaration: Declaration
    ):
        self.watch = watch
        self.declaration = declaration
        self.path = frame.f_code.co_filename
        self.start = frame.f_code.co_firstlineno
        self.sizes: dict[str, int] = {}
        self.ellipsis: tuple[int, ...] = ()  # the shape of `...`
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
            if self.declaration.result:
                # The first of several results is the declared one
                first = arg[0] if isinstance(arg, tuple) else arg
                self._compare(self.declaration.result, first, self.start)
            self._check_distinct()
        return self.follow

    def _arguments(self, frame: FrameType) -> None:
        arguments = [
            (name, frame.f_locals[name])
            for name in frame.f_code.co_varnames[: frame.f_code.co_argcount]
            if hasattr(frame.f_locals[name], "shape")
        ]
        named = dict(arguments)
        if self.declaration.arguments and not arguments:
            self._problem(self.start, "no argument is an array")
        for number, (name, axes) in enumerate(self.declaration.arguments):
            if number < len(arguments):
                value = named.get(name, arguments[number][1])
                self._compare(axes, value, self.start)

    def _enter(self, frame: FrameType) -> None:
        lines = [
            line
            for line in self.declaration.lines
            if line.first <= frame.f_lineno <= line.last
        ]
        self.now = lines[-1] if lines else None
        self.before = None
        if self.now and self.now.target in frame.f_locals:
            value = frame.f_locals[self.now.target]
            self.before = tuple(getattr(value, "shape", ())) or None

    def _inside(self, frame: FrameType) -> bool:
        """Whether a statement of several lines is still running."""
        now = self.now
        return now is not None and now.first <= frame.f_lineno <= now.last

    def _leave(self, frame: FrameType) -> None:
        line = self.now
        if line is None or line.target not in frame.f_locals:
            return
        value = frame.f_locals[line.target]
        if line.axes:
            self._compare(line.axes, value, line.last)
        elif self.before is not None and self.declaration.entry:
            rank = len(getattr(value, "shape", self.before))
            if rank != len(self.before):
                self._problem(line.last, "the shape changes, uncommented")

    def _compare(self, axes: Axes, value: Any, where: int) -> None:
        shape = tuple(getattr(value, "shape", ()))
        self.watch.checked.add((self.path, where))
        if axes == ["..."]:
            self.ellipsis = self.ellipsis or shape
            if shape != self.ellipsis:
                self._problem(where, f"{shape}: expected {self.ellipsis}")
            return
        text = f"({', '.join(axes)})"
        if len(shape) != len(axes):
            self._problem(where, f"{text} is {shape}")
            return
        for axis, size in zip(axes, shape, strict=True):
            expected = self._size(axis)
            if expected is None:
                self.sizes[axis] = size
            elif size != expected:
                message = f"{text} is {shape}: {axis} should be {expected}"
                self._problem(where, message)

    def _size(self, axis: str) -> int | None:
        """The size of an axis such as 3, `height` or `height - row + 1`."""
        if axis in self.sizes:
            return self.sizes[axis]
        if self.declaration.entry and axis in self.watch.known:
            self.sizes[axis] = self.watch.known[axis]
            return self.sizes[axis]
        try:
            names = {"__builtins__": {}} | self.sizes
            return int(eval(axis.replace(" x ", " * "), names))
        except (NameError, SyntaxError):
            return None

    def _check_distinct(self) -> None:
        """Require distinct sizes, or exchanged axes would not be detected.

        The two sides of a filter are one size of the Spec.
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
