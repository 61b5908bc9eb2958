"""Overrides of the command line, checked before Hydra reads them.

Against the schema and the files of `conf/`; errors that only composing can
find are reworded.
"""

import re
from dataclasses import fields
from difflib import get_close_matches
from itertools import product
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

import impls
from benchmarks.config.fields import keys
from benchmarks.config.former_keys import FORMER
from benchmarks.config.rules import in_words, one_of
from benchmarks.config.schema import Config
from benchmarks.errors import UserError, refuse

CONF = Path(__file__).parents[2] / "conf"
# Type of every key; those of a phase are under `workload.phases.<name>.`
TYPES = {
    name: part.type
    for name, part in keys(Config)
    if not name.startswith("place")  # set by the sweep
}
PHASE = re.compile(r"workload\.phases\.[^.]+")
SIZE = re.compile(rf"(?:workload|{PHASE.pattern})\.spec\.(\w+).*")
# Keys of a whole invocation, which cannot differ from cell to cell
ONCE = (
    *("data", "dry_run", "order_seed", "prepare_only", "report", "rerun"),
    *("runs", "suite", "tracking"),
)
# Hydra shows something, and nothing is run
SHOWING = (
    *("--cfg", "-c", "--help", "-h", "--hydra-help", "--info", "-i"),
    *("--version", "--resolve", "--package", "-p"),
)
ALWAYS = ("--multirun", "-m")  # every command line is a sweep
# Keys of Hydra that would break a bench, and why
REFUSED = {
    "hydra.job.chdir": "paths of a bench are relative to where it was started",
    "hydra.mode": "every command line is a sweep over cells",
}


def arguments(given: list[str]) -> list[str]:
    """The command line for Hydra, every key checked.

    Raises UserError naming all overrides that are not possible, with what
    is.
    """
    if any(word.partition("=")[0] in SHOWING for word in given):
        return given
    problems, accepted = [], []
    for word in given:
        if word in ALWAYS:
            continue
        try:
            accepted.append(_accepted(word))
        except UserError as error:
            problems.append(str(error))
    refuse(problems)
    return ["--multirun", *accepted]


def data_folder(folder: str) -> list[str]:
    """The override for a folder of any name; [] for none."""
    if not folder:
        return []
    # As Hydra reads quotes: backslashes count before a quote alone
    escaped = re.sub(r"(\\*)'", r"\1\1\'", folder)
    escaped = re.sub(r"(\\+)\Z", r"\1\1", escaped)
    escaped = escaped.replace("${", r"\${")  # no interpolation of OmegaConf
    return [f"data.folder='{escaped}'"]


def expand(given: list[str]) -> list[list[str]]:
    """The overrides of every cell of a sweep: the product of all values."""
    values: dict[str, list[str]] = {}
    for override in OverridesParser.create().parse_overrides(given):
        key = override.get_key_element()
        if override.is_sweep_override():
            options = list(override.sweep_string_iterator())
        else:
            options = [override.get_value_element_as_str()]
        values.pop(key, None)  # the last of two wins
        values[key] = [f"{key}={option}" for option in options]
    return [list(cell) for cell in product(*values.values())]


def explain(error: Exception) -> UserError:
    """Hydra's and OmegaConf's errors as a UserError."""
    cause = error.__cause__ or error
    text = f"{error} {cause}"
    phase = re.search(rf"override '({PHASE.pattern})", text)
    missing = re.search(r"Key '(\w+)' is not in struct", text)
    if phase and missing:
        return UserError(
            f"{phase[1]}: there is no {missing[1]}. The phases of a workload,"
            f" and what each takes over from which, are in"
            f" conf/workload/<workload>.yaml."
        )
    key = str(getattr(cause, "full_key", None) or "")
    if unknown := re.search(r"Key '(\w+)' (?:is )?not in '\w+'", text):
        return UserError(f"conf/: {_unknown(key or unknown[1])}")
    line = re.search(r"Error merging override (\S+)", str(error))
    if isinstance(cause, OmegaConfBaseException):
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
    return in_words(TYPES.get(_in_any_phase(re.sub(r"\[\d+\]", "", key))))


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
    if word.startswith("--"):
        raise UserError(
            f"{word}: there is no such option. Expected --dry-run, --data"
            f" FOLDER, an option of Hydra alone (--cfg job, --help), or"
            f" key=value."
        )
    override = _parsed(word)
    key = override.key_or_group
    top = re.split("[./]", key)[0]
    swept = override.is_sweep_override()
    if why := REFUSED.get(key):
        raise UserError(f"{word}: {why}. Leave {key} out.")
    if top == "hydra":
        return word
    if override.is_delete():
        raise UserError(f"{word}: nothing can be taken out of a cell.")
    if swept and not override.is_discrete_sweep():
        raise UserError(
            f"{word}: expected values to try one by one: a,b or range(1,4)."
        )
    if swept and top in ONCE:
        raise UserError(
            f"{word}: {key} holds for the whole invocation. Expected one value."
        )
    files = groups().get(key)
    pattern: object = override.value()
    if isinstance(pattern, Glob):
        return _matching(word, key, pattern, files or [])
    if files:
        for value in _values(override):
            if value not in files:
                raise UserError(one_of(key, value, files))
        return word
    if size := SIZE.fullmatch(key):
        _check_size(key, size[1])
        # The YAML leaves out what is its Spec's default: add or change
        return "++" + word.lstrip("+")
    if PHASE.fullmatch(key):
        raise UserError(
            f"{key}: a phase is written in conf/workload; here its keys can"
            f" be changed: {key}.epochs=2."
        )
    if _in_any_phase(key) not in TYPES:
        raise UserError(_unknown(key))
    return word.lstrip("+")


def _matching(word: str, key: str, pattern: Glob, files: list[str]) -> str:
    """The sweep over the files of a folder of `conf/` that match."""
    if matching := pattern.filter(files):
        return f"{key}={','.join(matching)}"
    expected = f"a pattern of {', '.join(files)}" if files else "values: a,b"
    raise UserError(f"{word}: matches no file of conf/. Expected {expected}.")


def _parsed(word: str) -> Override:
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException as error:
        raise UserError(
            f"{word!r} cannot be read ({_first(error)}). Expected key=value,"
            f" key=a,b for several cells, or key=[a,b] for a list; text"
            f" with blanks or signs in quotes of its own: \"key='a b'\"."
        ) from error


def _values(override: Override) -> list[str]:
    if override.is_sweep_override():
        return [str(v) for v in override.sweep_string_iterator()]
    return [str(override.value())]


def _check_size(key: str, name: str) -> None:
    known = sorted(
        {part.name for m in impls.MODELS for part in fields(impls.spec(m))}
    )
    if name not in known:
        raise UserError(
            f"{key}: no model has such a size. {_near(name, known, 'Sizes')}"
        )


def _in_any_phase(key: str) -> str:
    """A key as the schema names it."""
    return PHASE.sub("workload.phases.<name>", key, count=1)


def _unknown(key: str) -> str:
    """The message for a key that the schema has not."""
    phase = PHASE.match(key)
    parent = f"{phase[0]}." if phase else "workload."
    if former := FORMER.get(key.removeprefix(parent)):
        return f"{key}: is called {parent}{former} now."
    if phase:
        start = "workload.phases.<name>."
        known = [k.removeprefix(start) for k in TYPES if k.startswith(start)]
        near = _near(key.removeprefix(parent), known, "Settings")
    else:
        near = _near(key, [*groups(), *TYPES], "Settings")
    return f"{key}: there is no such setting. {near}"


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
