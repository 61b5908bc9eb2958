"""Overrides of the command line, checked before Hydra reads them.

Against the schema and the files of `conf/`; errors that only composing can
find are reworded.
"""

import re
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any, get_args, get_origin

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

import impls
from benchmarks.config.fields import keys
from benchmarks.config.former_keys import FORMER
from benchmarks.config.rules import one_of
from benchmarks.config.schema import Config
from benchmarks.config.workload import Phase
from benchmarks.errors import UserError

CONF = Path(__file__).parents[2] / "conf"
SIZES = "workload.spec."
PHASES = "workload.phases."
# Keys of a whole invocation, which cannot differ from cell to cell
ONCE = (
    *("data", "order_seed", "prepare_only", "report", "rerun", "runs"),
    *("suite", "tracking"),
)
FLAGS = ("--cfg", "-c", "--help", "-h", "--hydra-help", "--info", "-i")
ALONE = (*FLAGS, "--version", "--resolve", "--package", "-p")
WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    list: "a list: [a,b]",
    dict: "keys and values: {a: 1}",
}


def arguments(given: list[str]) -> list[str]:
    """The command line for Hydra, every key checked.

    Raises UserError naming all overrides that are not possible, with what
    is.
    """
    if any(word.partition("=")[0] in ALONE for word in given):
        return given  # Hydra shows something; nothing is run
    problems, accepted = [], []
    for word in given:
        try:
            accepted.append(_accepted(word))
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))
    return ["--multirun", *accepted, *_uncut(accepted)]


def expand(given: list[str]) -> list[list[str]]:
    """The overrides of every cell of a sweep: the product of all values."""
    values = []
    for override in OverridesParser.create().parse_overrides(given):
        key = override.get_key_element()
        if override.is_sweep_override():
            options = list(override.sweep_string_iterator())
        else:
            options = [override.get_value_element_as_str()]
        values.append([f"{key}={option}" for option in options])
    return [list(cell) for cell in product(*values)]


def explain(error: Exception) -> UserError:
    """Hydra's and OmegaConf's errors as a UserError."""
    cause = error.__cause__ or error
    text = f"{error} {cause}"
    phase = re.search(r"override '(workload\.phases\.\w+)", text)
    if phase and "not in struct" in text:
        return UserError(f"{phase[1]}: {_no_phase(text)}")
    unknown = re.search(r"Key '(\w+)' (?:is )?not in '(\w+)'", text)
    if unknown:
        return UserError(_unknown_in_file(cause, *unknown.groups()))
    line = re.search(r"Error merging override (\S+)", str(error))
    if isinstance(cause, OmegaConfBaseException):
        key = str(cause.full_key or "")
        if line and (kind := expected(key)):
            return UserError(f"{line[1]}: expected {kind}.")
        where = _first(error) if cause is not error else ""
        return UserError(f"conf/: {where} {_first(cause)}".strip())
    if "hydra/launcher" in str(error):
        return UserError(
            f"{_first(error)}\nLaunchers beside `basic` are an extra:"
            f" .venv/bin/python -m pip install -c constraints.txt"
            f" '.[cluster]'"
        )
    return UserError(str(error).strip())


def expected(key: str) -> str | None:
    """The type that the schema expects of a dotted key; None if unknown."""
    kind: Any = Config
    for name in re.sub(r"\[\d+\]", "", key).split("."):
        if get_origin(kind) is dict and is_dataclass(get_args(kind)[1]):
            kind = get_args(kind)[1]  # `name` is a key of ours
            continue
        if not is_dataclass(kind):
            return None
        types = {part.name: part.type for part in fields(kind)}
        kind = types.get(name)
    options = [part for part in get_args(kind) if part is not type(None)]
    if len(options) == 1 and type(None) in get_args(kind):
        kind = options[0]  # may be null
    kind = getattr(kind, "__origin__", kind)
    return WORDS.get(kind)


def groups() -> dict[str, list[str]]:
    """Folder of `conf/` -> its files that a cell may choose from."""
    files: dict[str, list[str]] = {}
    for path in sorted(CONF.glob("*/*.yaml")):
        if path.parent.name == "gate":
            continue  # no part of a cell
        files.setdefault(path.parent.name, []).append(path.stem)
    return files


def _accepted(word: str) -> str:
    """An override as Hydra reads it; raises UserError."""
    override = _parsed(word)
    key = override.key_or_group
    offered = groups()
    if key.partition(".")[0].partition("/")[0] == "hydra":
        return word
    if override.is_delete():
        raise UserError(f"{word}: nothing can be taken out of a cell.")
    if override.is_sweep_override() and not override.is_discrete_sweep():
        raise UserError(
            f"{word}: expected values to try one by one: a,b or range(1,4)."
        )
    if override.is_sweep_override() and key.partition(".")[0] in ONCE:
        raise UserError(
            f"{word}: {key} holds for the whole invocation. Expected one value."
        )
    if key in offered:
        for value in _values(override):
            if value not in offered[key]:
                raise UserError(one_of(key, value, offered[key]))
        return word
    if key.startswith(SIZES):
        _check_size(key.removeprefix(SIZES))
        # The YAML leaves out what is its Spec's default: add or change
        return "++" + word.lstrip("+")
    if key.startswith(PHASES):
        _check_phase(key)
        return word if ".spec." not in key else "++" + word.lstrip("+")
    known = [name for name, _ in keys(Config) if not name.startswith("place")]
    if key not in known:
        if key in FORMER:
            raise UserError(f"{key}: is called {FORMER[key]} now.")
        near = _near(key, [*offered, *known], "Settings")
        raise UserError(f"{key}: there is no such setting. {near}")
    return word.lstrip("+")


def _parsed(word: str) -> Override:
    try:
        return OverridesParser.create().parse_override(word)
    except (OverrideParseException, HydraException) as error:
        detail = _first(error)
        raise UserError(
            f"{word!r} cannot be read ({detail}). Expected key=value,"
            f" key=a,b for several cells, or key=[a,b] for a list; text"
            f" with blanks or signs in quotes of its own: \"key='a b'\"."
        ) from error


def _values(override: Override) -> list[str]:
    if override.is_sweep_override():
        return [str(v) for v in override.sweep_string_iterator()]
    return [str(override.value())]


def _check_size(name: str) -> None:
    known = sorted(
        {part.name for m in impls.MODELS for part in fields(impls.spec(m))}
    )
    if name.partition(".")[0].partition("[")[0] not in known:
        raise UserError(
            f"workload.spec.{name}: no model has such a size."
            f" {_near(name, known, 'Sizes')}"
        )


def _check_phase(key: str) -> None:
    """Raise UserError for a key that no phase has."""
    name, _, rest = key.removeprefix(PHASES).partition(".")
    own, _, leaf = rest.partition(".")
    former = FORMER.get(f"workload.{rest}", "").removeprefix("workload.")
    if not rest:
        raise UserError(
            f"{key}: a phase is written in conf/workload; here its keys can"
            f" be changed: {key}.epochs=2."
        )
    if own == "spec" and leaf:
        _check_size(leaf)
    elif former:
        raise UserError(f"{key}: is called {PHASES}{name}.{former} now.")
    elif rest not in (known := [part for part, _ in keys(Phase)]):
        raise UserError(one_of(f"{PHASES}{name}", rest, known))


def _unknown_in_file(cause: BaseException, key: str, kind: str) -> str:
    """The message for a key in a file of conf/ that the schema has not."""
    path = str(getattr(cause, "full_key", None) or key)
    generic = re.sub(r"^(workload\.)phases\.\w+\.", r"\1", path)
    if generic in FORMER:
        return f"conf/: {path}: is called {FORMER[generic]} now."
    known = [name for name, _ in keys(Config)]
    return (
        f"conf/: {path}: there is no such setting."
        f" {_near(generic, known, 'Settings')}"
    )


def _no_phase(error: str) -> str:
    """Why Hydra cannot override a phase."""
    key = re.search(r"Key '(\w+)' is not in struct", error)
    name = key[1] if key else "such phase"
    return (
        f"there is no {name}. The phases of a workload, and what each takes"
        f" over from which, are in conf/workload/<workload>.yaml."
    )


def _uncut(words: list[str]) -> list[str]:
    """A length that is given for a phase is not shortened by a suite."""
    names = [word.lstrip("+").partition("=")[0] for word in words]
    phases = [
        key.removesuffix(f".{leaf}")
        for key in names
        for leaf in ("epochs", "data.train_examples")
        if key.startswith(PHASES) and key.endswith(f".{leaf}")
    ]
    return [f"{phase}.shortened=false" for phase in dict.fromkeys(phases)]


def _near(key: str, known: list[str], them: str) -> str:
    """The key that was probably meant, or else all there are."""
    leaves = {name.rpartition(".")[2]: name for name in reversed(known)}
    leaf = key.rpartition(".")[2]
    near = [leaves[name] for name in get_close_matches(leaf, leaves, 2, 0.6)]
    near += get_close_matches(key, known, 2, 0.6)
    if near:
        return f"Did you mean {' or '.join(dict.fromkeys(near))}?"
    top = dict.fromkeys(key for key in known if "." not in key)
    return f"{them}: {', '.join(top)}."


def _first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)
