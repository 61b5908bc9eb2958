"""From a composed configuration to a cell: plain, complete and checked."""

from dataclasses import fields
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import impls
from benchmarks.config import check, phases
from benchmarks.config.rules import one_of
from benchmarks.config.schema import PASSES, Config
from benchmarks.environment.env_vars import cores
from benchmarks.errors import UserError


def resolve(config: DictConfig) -> dict[str, Any]:
    """The cell of a composed configuration, as its record stores it.

    `auto` and null are replaced by what they mean here. Raises UserError
    naming every key that is wrong.
    """
    _refuse([*check.single_keys(config), *check.combinations(config)])
    own = OmegaConf.masked_copy(config, list(Config.__dataclass_fields__))
    plain: Any = OmegaConf.to_container(
        own, resolve=True, throw_on_missing=True
    )
    workload, framework = _workload(plain["workload"]), plain["framework"]
    mode = framework["mode"]
    if mode == "auto":
        fastest = framework["fastest"][plain["device"]["name"]]
        mode = fastest.get(workload["model"], fastest["default"])
    if mode == "loop":
        _refuse(list(check.unrolled(workload)))
    return {
        "workload": workload,
        "framework": {
            "name": framework["name"],
            "mode": mode,
            "python": framework["python"],
        },
        "device": plain["device"]
        | {"threads": plain["device"]["threads"] or cores()},
        "precision": plain["precision"],
        "seed": plain["seed"],
        "deterministic": plain["deterministic"],
        "passes": [name for name in PASSES if name in plain["passes"]],
        "speed": plain["speed"],
        "patience_seconds": plain["patience_seconds"],
    }


def sizes(
    model: str, given: dict[str, Any], key: str = "workload.spec"
) -> dict[str, Any]:
    """All sizes of a model, its Spec's defaults filled in.

    Raises UserError for a size that the model has not, or cannot have.
    """
    spec = impls.spec(model)
    try:
        merged = OmegaConf.merge(OmegaConf.structured(spec), given)
        plain: Any = OmegaConf.to_container(merged)
        spec(**plain).shapes()
    except OmegaConfBaseException as error:
        raise UserError(_not_a_size(model, given, key, error)) from error
    except ValueError as error:
        raise UserError(f"{key}: {error}") from error
    return dict(plain)


def _workload(plain: dict[str, Any]) -> dict[str, Any]:
    """A workload in which every phase is complete."""
    model, spec = plain["model"], plain["spec"]
    plain = plain | {"spec": sizes(model, spec)}
    plain["phases"] = {
        name: phase
        | {
            "spec": sizes(
                phase["model"] or model,
                (spec if phase["model"] in (None, model) else {})
                | phase["spec"],
                f"workload.phases.{name}.spec",
            )
        }
        for name, phase in plain["phases"].items()
    }
    complete = phases.complete(plain)
    _refuse(list(check.capabilities(complete)))
    return complete


def _refuse(problems: list[str]) -> None:
    if problems:
        raise UserError("\n".join(problems))


def _not_a_size(
    model: str, given: dict[str, Any], where: str, error: OmegaConfBaseException
) -> str:
    key, spec = str(error.full_key), impls.spec(model)
    name = key.partition("[")[0]
    expected = {part.name: part.type for part in fields(spec)}
    if name not in expected:
        refused = one_of(where, key, expected)
        return f"the model {model} has no such size: {refused}"
    kind = expected[name]
    kind = getattr(kind, "__name__", None) if isinstance(kind, type) else kind
    return f"{where}.{key}={given.get(name)}: expected {kind or 'a size'}."
