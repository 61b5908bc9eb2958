"""Hydra's basic sweeper, but cells are checked together and put in order.

Hydra finds its plugins in the package `hydra_plugins`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig


@dataclass
class CellSweeperConfig:
    """`params`: what a suite sweeps over; the command line wins.

    `fewer`: by workload, the seeds of those that do not take all of them.
    `quality_only`: the seeds whose speed and memory are not measured.
    """

    _target_: str = "hydra_plugins.cells.CellSweeper"
    max_batch_size: int | None = None
    params: dict[str, str] | None = None
    fewer: dict[str, str] | None = None
    quality_only: str | None = None


ConfigStore.instance().store(
    group="hydra/sweeper", name="cells", node=CellSweeperConfig
)


class CellSweeper(BasicSweeper):
    """All cells of the sweep in one batch, as `benchmarks.run` orders it."""

    def __init__(
        self,
        max_batch_size: int | None,
        params: Any = None,
        fewer: dict[str, str] | None = None,
        quality_only: str | None = None,
    ) -> None:
        super().__init__(max_batch_size, params)
        self.fewer = {
            workload: str(seeds).split(",")
            for workload, seeds in (fewer or {}).items()
        }
        self.quality_only = quality_only.split(",") if quality_only else []

    def sweep(self, arguments: list[str]) -> Any:
        """Run every cell; the overrides of a suite come first."""
        from benchmarks import run  # Hydra imports plugins before all else

        assert self.hydra_context is not None
        given = [*self._parse_config(), *arguments]
        parser = OverridesParser.create(self.hydra_context.config_loader)
        parsed = parser.parse_overrides(given)
        (sweep,) = self.split_arguments(parsed, None)
        if not any(word.startswith("seed=") for word in arguments):
            sweep = [cell for cell in sweep if self._has(cell)]
        if not any(word.startswith("passes=") for word in arguments):
            sweep = [[*cell, *self._passes(cell)] for cell in sweep]
        return run.sweep(sweep, self.config, self._compose, self._launch)

    def _has(self, overrides: list[str]) -> bool:
        """Whether a cell's seed is among those of its workload."""
        seeds = self.fewer.get(_value(overrides, "workload"))
        return seeds is None or _value(overrides, "seed") in seeds

    def _passes(self, overrides: list[str]) -> list[str]:
        """What a cell's seed leaves out, as one override more."""
        alone = _value(overrides, "seed") in self.quality_only
        return ["passes=[quality]"] * alone

    def _compose(self, overrides: list[str]) -> DictConfig:
        assert self.hydra_context is not None and self.config is not None
        loader = self.hydra_context.config_loader
        return loader.load_sweep_config(self.config, overrides)

    def _launch(self, sweep: list[list[str]]) -> Any:
        assert self.config is not None and self.launcher is not None
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        return self.launcher.launch(sweep, initial_job_idx=0)


def _value(overrides: list[str], key: str) -> str:
    """What a cell's overrides say of a key; empty where they do not."""
    return dict(word.split("=", 1) for word in overrides).get(key, "")
