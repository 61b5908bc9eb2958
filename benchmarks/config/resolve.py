"""From a composed configuration to a cell: plain, complete and checked."""

from dataclasses import fields
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import impls
from benchmarks.config import check, phases
from benchmarks.config.rules import in_words, one_of
from benchmarks.config.schema import PASSES, Config
from benchmarks.environment.env_vars import cores
from benchmarks.errors import UserError, refuse


def resolve(config: DictConfig) -> dict[str, Any]:
    """The cell of a composed configuration, as its record stores it.

    `auto` and null are replaced by what they mean here. Raises UserError
    naming every key that is wrong.
    """
    own = OmegaConf.masked_copy(config, list(Config.__dataclass_fields__))
    refuse([*check.single_keys(own), *check.combinations(own)])
    plain: Any = OmegaConf.to_container(
        own, resolve=True, throw_on_missing=True
    )
    workload, framework = _workload(plain["workload"]), plain["framework"]
    mode = framework["mode"]
    if mode == "auto":
        fastest = framework["fastest"][plain["device"]["name"]]
        mode = fastest.get(workload["model"], fastest["default"])
    refuse(check.capabilities(workload, mode))
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


def sizes(model: str, given: dict[str, Any], key: str) -> dict[str, Any]:
    """All sizes of a model, its Spec's defaults filled in.

    Raises UserError for a size that the model has not, or cannot have.
    """
    spec = impls.spec(model)
    types = {part.name: part.type for part in fields(spec)}
    for name in given:
        if name not in types:
            refused = one_of(key, name, types)
            raise UserError(f"the model {model} has no such size: {refused}")
    try:
        merged = OmegaConf.merge(OmegaConf.structured(spec), given)
        plain: Any = OmegaConf.to_container(merged)
        spec(**plain).shapes()
    except OmegaConfBaseException as error:
        name = str(error.full_key).partition("[")[0]
        kind = in_words(types[name]) or types[name]
        raise UserError(
            f"{key}.{error.full_key}={given[name]}: expected {kind}."
        ) from error
    except ValueError as error:
        raise UserError(f"{key}: {error}") from error
    return dict(plain)


def _workload(plain: dict[str, Any]) -> dict[str, Any]:
    """A workload in which every phase is complete."""
    model, spec = plain["model"], plain["spec"]
    plain = plain | {"spec": sizes(model, spec, "workload.spec")}
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
    return phases.complete(plain)
