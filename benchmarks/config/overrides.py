"""What was asked for and is not possible, said in one message.

The command line is read before Hydra reads it, against the schema and the
files of `conf/`; what only composing can find is put into the same words.
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
from benchmarks.config.phases import OWN
from benchmarks.config.rules import one_of
from benchmarks.config.schema import Config
from benchmarks.errors import UserError

CONF = Path(__file__).parents[2] / "conf"
SIZES = "workload.spec."
PHASES = "workload.phases."
# What holds for a call as a whole, and cannot differ from cell to cell
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
    """The command line for Hydra, every key known.

    Raises UserError naming all overrides that cannot be, with what can.
    """
    if any(word.partition("=")[0] in ALONE for word in given):
        return given  # asks Hydra to show something; nothing is run
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
    """Hydra's and OmegaConf's errors in the words of this project."""
    cause = error.__cause__ or error
    told = f"{error} {cause}"
    lost = re.search(r"override '(workload\.phases\.\w+)", told)
    if lost and "not in struct" in told:
        return UserError(f"{lost[1]}: {_no_phase(told)}")
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
    """What the schema expects of a dotted key, in words; None if unknown."""
    kind: Any = Config
    for name in re.sub(r"\[\d+\]", "", key).split("."):
        if get_origin(kind) is dict and is_dataclass(get_args(kind)[1]):
            kind = get_args(kind)[1]  # `name` is a key of ours
            continue
        if not is_dataclass(kind):
            return None
        types = {part.name: part.type for part in fields(kind)}
        kind = types.get(name)
    options = [one for one in get_args(kind) if one is not type(None)]
    if len(options) == 1 and type(None) in get_args(kind):
        kind = options[0]  # may be null
    kind = getattr(kind, "__origin__", kind)
    return WORDS.get(kind)


def keys(kind: type = Config, prefix: str = "") -> list[str]:
    """Every key of the schema, dotted, those that hold others included."""
    found = []
    for part in fields(kind):
        if part.name == "place":
            continue  # the sweep's own
        found.append(prefix + part.name)
        if is_dataclass(part.type) and isinstance(part.type, type):
            found += keys(part.type, f"{prefix}{part.name}.")
    return found


def groups() -> dict[str, list[str]]:
    """Folder of `conf/` -> what it offers to a cell."""
    found: dict[str, list[str]] = {}
    for path in sorted(CONF.glob("*/*.yaml")):
        if path.parent.name == "gate":
            continue  # is no part of a cell
        found.setdefault(path.parent.name, []).append(path.stem)
    return found


def _accepted(word: str) -> str:
    """An override as Hydra shall see it; raises UserError."""
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
            f"{word}: {key} holds for the whole call. Expected one value."
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
    if key not in keys():
        near = _near(key, [*offered, *keys()], "Settings")
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
    """Of `workload.phases.<name>.<key>`, what no phase can have."""
    name, _, rest = key.removeprefix(PHASES).partition(".")
    own, _, size = rest.partition(".")
    if not rest:
        raise UserError(
            f"{key}: a phase is written in conf/workload; here its keys can"
            f" be changed: {key}.epochs=2."
        )
    if own == "spec" and size:
        _check_size(size)
    elif own not in OWN:
        raise UserError(one_of(f"{PHASES}{name}", own, OWN))


def _no_phase(error: str) -> str:
    """What Hydra cannot override in a phase, or in the list of them."""
    key = re.search(r"Key '(\w+)' is not in struct", error)
    named = key[1] if key else "it"
    return (
        f"there is no {named}. The phases of a workload, and what each takes"
        f" from which, stand in conf/workload/<workload>.yaml."
    )


def _uncut(words: list[str]) -> list[str]:
    """A length that is given for a phase is not cut by a suite."""
    keys = [word.lstrip("+").partition("=")[0] for word in words]
    phases = [
        key.removesuffix(f".{leaf}")
        for key in keys
        for leaf in ("epochs", "examples")
        if key.startswith(PHASES) and key.endswith(f".{leaf}")
    ]
    return [f"{phase}.shortened=false" for phase in dict.fromkeys(phases)]


def _near(key: str, known: list[str], them: str) -> str:
    """What was probably meant, or else all that there is."""
    leaves = {one.rpartition(".")[2]: one for one in reversed(known)}
    leaf = key.rpartition(".")[2]
    near = [leaves[one] for one in get_close_matches(leaf, leaves, 2, 0.6)]
    near += get_close_matches(key, known, 2, 0.6)
    if near:
        return f"Did you mean {' or '.join(dict.fromkeys(near))}?"
    top = dict.fromkeys(key for key in known if "." not in key)
    return f"{them}: {', '.join(top)}."


def _first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)
