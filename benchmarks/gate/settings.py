"""Settings of a gate: `conf/gate/default.yaml`, then the command's options."""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from benchmarks.errors import UserError
from benchmarks.gate.decide import Rule
from benchmarks.gate.pairs import STEPS, Blocks
from benchmarks.records.verdict import METRICS

PATH = Path(__file__).parents[2] / "conf" / "gate" / "default.yaml"
NAMES = [metric.name for metric in METRICS]
UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
# workload or workload/framework -> metric -> fraction
ByWorkload = dict[str, dict[str, float]]


@dataclass
class Settings:
    """The schema of `conf/gate/`; fractions, seconds."""

    cells: list[str]
    cell_seconds: float
    max_pairs: int
    seed: int
    accept: list[str]
    blocks: Blocks
    floors: dict[str, float]
    floors_by_workload: ByWorkload
    noise: ByWorkload
    budget_seconds: float | None = None  # of the whole gate
    floor_overrides: dict[str, float] = field(default_factory=dict)  # FLOOR=

    def floor(self, metric: str, workload: str, framework: str) -> float:
        """The override, else the most specific floor."""
        if metric in self.floor_overrides:
            return self.floor_overrides[metric]
        specific, default = self.floors_by_workload, self.floors[metric]
        return _find(metric, workload, framework, specific, default)

    def rule(
        self, metric: str, workload: str, framework: str, tests: int
    ) -> Rule:
        """The decision rule of one of `tests` comparisons."""
        floor = self.floor(metric, workload, framework)
        noise = _find(metric, workload, framework, self.noise, 0.0)
        return Rule(floor, noise, tests)


def read(path: Path = PATH) -> Settings:
    """The settings of a file; raises UserError naming what is wrong."""
    try:
        schema = OmegaConf.structured(Settings)
        loaded = OmegaConf.merge(schema, OmegaConf.load(path))
        settings: Any = OmegaConf.to_object(loaded)
    except OmegaConfBaseException as error:
        line = str(error).strip().splitlines()[0]
        raise UserError(f"{path}: {error.full_key or ''}: {line}") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    return _checked(path, settings)


def seconds(text: str) -> float:
    """`10m`, `90s`, `1h`, `600` in seconds; raises UserError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(s|m|min|h|)\s*", text)
    if not match or float(match[1]) <= 0:
        raise UserError(
            f"BUDGET={text}: expected a length of time such as 90s, 10m or 1h."
        )
    return float(match[1]) * UNITS[match[2]]


def floors(text: str) -> dict[str, float]:
    """`3%`, or `3% compile_seconds=20%`, as metric -> fraction.

    Without a name it is the floor of all steps: training, inference,
    decoding. Raises UserError.
    """
    overrides: dict[str, float] = {}
    for word in text.replace(",", " ").split():
        name, _, value = word.rpartition("=")
        if name and name not in NAMES:
            raise UserError(f"FLOOR={text}: {_unknown(name)}")
        metrics = [name] if name else [step for step, _ in STEPS.values()]
        overrides |= dict.fromkeys(metrics, _fraction(text, value))
    return overrides


def accepted(text: str) -> list[str]:
    """`numerics`, or nothing; raises UserError."""
    words = text.replace(",", " ").split()
    if set(words) - {"numerics"}:
        raise UserError(
            f"ACCEPT={text}: expected numerics, where a change of results is"
            f" intended. For an intended regression of speed, give a higher"
            f" FLOOR."
        )
    return words


def _fraction(text: str, value: str) -> float:
    try:
        number = float(value.removesuffix("%"))
    except ValueError:
        number = 0.0
    fraction = number / 100 if value.endswith("%") else number
    if not 0 < fraction < 1:
        raise UserError(
            f"FLOOR={text}: expected a share such as 3% or 0.03, above 0 and"
            f" below 100%; for one metric alone: compile_seconds=20%."
        )
    return fraction


def _find(
    metric: str,
    workload: str,
    framework: str,
    values: ByWorkload,
    default: float,
) -> float:
    """The most specific value of a metric."""
    for key in (f"{workload}/{framework}", workload):
        if metric in values.get(key, {}):
            return values[key][metric]
    return default


def _checked(path: Path, settings: Settings) -> Settings:
    tables = {"floors": settings.floors}
    for key in ("floors_by_workload", "noise"):
        for name, values in getattr(settings, key).items():
            tables[f"{key}.{name}"] = values
    for key, values in tables.items():
        for name, value in values.items():
            if name not in NAMES:
                raise UserError(f"{path}: {key}: {_unknown(name)}")
            if not 0 <= value < 1:
                raise UserError(
                    f"{path}: {key}.{name}: {value}. Expected a fraction:"
                    f" 0.05 is five per cent."
                )
    missing = [name for name in NAMES if name not in settings.floors]
    if missing:
        raise UserError(f"{path}: floors: {', '.join(missing)} missing.")
    return settings


def _unknown(name: str) -> str:
    near = get_close_matches(name, NAMES, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"expected {NAMES}."
    return f"{name} is no metric of the gate: {hint}"
