"""The sweeper: the cells of a sweep are checked together and put in order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from benchmarks.config import overrides
from benchmarks.config.schema import SWEEPER


class CellSweeper(Sweeper):
    """All cells of the sweep in one batch, in the order of `cells.order`."""

    run: ClassVar[Callable[..., None]]  # `benchmarks.bench.sweep.sweep`

    def __init__(
        self,
        params: dict[str, str] | None = None,
        fewer: dict[str, str] | None = None,
        quality_only: str | None = None,
    ) -> None:
        self.params = params or {}
        self.fewer = {
            workload: str(seeds).split(",")
            for workload, seeds in (fewer or {}).items()
        }
        self.quality_only = quality_only.split(",") if quality_only else []

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,
        config: DictConfig,
    ) -> None:
        """Called by Hydra before `sweep`."""
        self.master = config
        self.loader = hydra_context.config_loader
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context,
            task_function=task_function,
            config=config,
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run every cell; the overrides of a suite come first."""
        suite = [f"{key}={value}" for key, value in self.params.items()]
        sweep = overrides.expand([*suite, *arguments])
        if not any(word.startswith("seed=") for word in arguments):
            sweep = [cell for cell in sweep if self._has(cell)]
        if not any(word.startswith("passes=") for word in arguments):
            sweep = [[*cell, *self._passes(cell)] for cell in sweep]
        return self.run(sweep, self.master, self._compose, self._launch)

    def _has(self, cell: list[str]) -> bool:
        """Whether a cell's seed is among those of its workload."""
        seeds = self.fewer.get(_value(cell, "workload"))
        return seeds is None or _value(cell, "seed") in seeds

    def _passes(self, cell: list[str]) -> list[str]:
        """What a cell's seed leaves out, as one override more."""
        alone = _value(cell, "seed") in self.quality_only
        return ["passes=[quality]"] * alone

    def _compose(self, cell: list[str]) -> DictConfig:
        return self.loader.load_sweep_config(self.master, cell)

    def _launch(self, sweep: list[list[str]]) -> Any:
        Path(self.master.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        return self.launcher.launch(sweep, initial_job_idx=0)


def register(run: Callable[..., None]) -> None:
    """Make the sweeper known to Hydra as a plugin; `run` does the cells."""
    CellSweeper.run = staticmethod(run)
    plugins = Plugins.instance()
    plugins.register(CellSweeper)
    plugins.class_name_to_class[SWEEPER] = CellSweeper


def _value(cell: list[str], key: str) -> str:
    """What a cell's overrides say of a key; empty where they do not."""
    return dict(word.split("=", 1) for word in cell).get(key, "")
