"""The source files of a package of `impls`, highlighted and aligned."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape
from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import STANDARD_TYPES, Comment, String, _TokenType

import impls
from benchmarks.errors import UserError, did_you_mean
from reports.results.titles import framework_order, framework_title
from reports.source import align

ROOT = Path(impls.__file__).parent
ORDER = tuple(sorted(impls.FRAMEWORKS, key=framework_order))
BESIDE = {"reference": "The equations in NumPy", "slide": "The slide's program"}
WORD = re.compile(r"\s+|\w+|.", re.DOTALL)
PUNCTUATION = set(",.")  # follows from the words around it

Token = tuple[_TokenType, str]
Text = list[list[Token]]  # the tokens of each line


@dataclass(frozen=True)
class SourceLine:
    """One line as markup; number 0: a gap, where another file has a line.

    kind: "" as in the other files, "differs" in the words that are marked,
    "only" in some of the files, "gap". indent: blanks at its beginning.
    """

    number: int
    markup: Markup
    kind: str = ""
    indent: int = 0


@dataclass(frozen=True)
class SourceFile:
    """A file, and the framework whose mark stands beside its title."""

    title: str
    path: str
    lines: list[SourceLine]
    framework: str = ""


@dataclass(frozen=True)
class Listing:
    """A package's files: those of the frameworks are aligned in `rows` rows.

    title: the heading of its README, or the first sentence of its docstring.
    equal: lines of code that are the same in all of the frameworks, of
    `lines`, the largest number of lines of code in a file.
    """

    package: str
    title: str
    rows: int
    frameworks: list[SourceFile]
    others: list[SourceFile]
    equal: int
    lines: int


def packages(root: Path = ROOT) -> list[str]:
    """The packages of `impls` that are written in each framework."""
    return sorted(
        folder.name
        for folder in root.iterdir()
        if all((folder / f"{name}.py").is_file() for name in ORDER)
    )


@cache
def listing(package: str, root: Path = ROOT) -> Listing:
    """The files of a package such as `cnn` or `sequences`.

    Raises UserError naming the packages there are, or the file that cannot be
    read.
    """
    if package not in packages(root):
        raise UserError(
            f"No model {package!r} is written in every framework"
            f"{did_you_mean(package, packages(root))}: expected one of"
            f" {', '.join(packages(root))}."
        )
    folder = root / package
    texts = [_tokens(folder / f"{name}.py") for name in ORDER]
    rows = [
        _row(texts, row)
        for row in align.align([[*map(_words, text)] for text in texts])
    ]
    return Listing(
        package,
        _title(folder),
        len(rows),
        [
            SourceFile(framework_title(name), _path(package, name), own, name)
            for name, *own in zip(ORDER, *rows, strict=True)
        ],
        [
            SourceFile(title, _path(package, name), _plain(folder, name))
            for name, title in BESIDE.items()
            if (folder / f"{name}.py").is_file()
        ],
        sum(not line.kind and bool(line.markup) for line, *_ in rows),
        max(sum(map(bool, text)) for text in texts),
    )


def _row(texts: list[Text], row: align.Row) -> list[SourceLine]:
    """One line of each text, with the words marked that another one lacks."""
    lines = {
        i: texts[i][index] for i, index in enumerate(row) if index is not None
    }
    marked = align.differing([*map(_words, lines.values())])
    kind = ""
    if any(lines.values()):
        if len(lines) < len(row):
            kind = "only"
        elif any(marked):
            kind = "differs"
    markup = {
        i: _line((row[i] or 0) + 1, line, own, kind)
        for (i, line), own in zip(lines.items(), marked, strict=True)
    }
    gap = SourceLine(0, Markup(), "gap")
    return [markup.get(i, gap) for i in range(len(row))]


def _path(package: str, name: str) -> str:
    return f"impls/{package}/{name}.py"


def _plain(folder: Path, name: str) -> list[SourceLine]:
    lines = _tokens(folder / f"{name}.py")
    return [_line(number, line, set()) for number, line in enumerate(lines, 1)]


def _title(folder: Path) -> str:
    readme = folder / "README.md"
    if readme.is_file():
        return readme.read_text("utf-8").splitlines()[0].removeprefix("# ")
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    return text.splitlines()[0].rstrip(".") if text else folder.name


def _tokens(path: Path) -> Text:
    """The tokens of each line; strings and comments are split into words."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    lines: Text = [[]]
    for kind, value in lex(text, PythonLexer(stripnl=False)):
        prose = kind in String or kind in Comment
        for part in WORD.findall(value) if prose else [value]:
            first, *rest = part.split("\n")
            lines[-1].append((kind, first))
            lines.extend([(kind, piece)] for piece in rest)
    while lines and not _words(lines[-1]):
        lines.pop()
    return [[token for token in line if token[1]] for line in lines]


def _words(line: list[Token]) -> align.Words:
    return tuple(text for _, text in line if _is_word(text))


def _is_word(text: str) -> bool:
    return bool(text.strip()) and text not in PUNCTUATION


def _line(
    number: int, line: list[Token], marked: set[int], kind: str = ""
) -> SourceLine:
    """A line's tokens as spans of Pygments's classes; some of them marked."""
    parts = []
    position = 0
    for token, text in line:
        part = escape(text)
        name = _class(token)
        if name:
            part = Markup('<span class="{}">{}</span>').format(name, part)
        if _is_word(text):
            if position in marked:
                part = Markup("<mark>{}</mark>").format(part)
            position += 1
        parts.append(part)
    code = "".join(text for _, text in line)
    indent = len(code) - len(code.lstrip())
    return SourceLine(number, Markup("").join(parts), kind, indent)


def _class(kind: _TokenType) -> str:
    """Pygments's short name of the group that a token belongs to."""
    for group in (kind, *reversed(kind.split())):
        name = STANDARD_TYPES.get(group, "")
        if name in ("k", "s", "c", "m", "nf", "nc", "ow"):
            return name
    return ""
