"""The sweeper: the cells of a sweep are checked together and put in order."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext
from omegaconf import DictConfig

from benchmarks.config import suites
from benchmarks.config.schema import SWEEPER

SEED = re.compile(r"seed=\d+")


class CellSweeper(Sweeper):
    """All cells of the sweep in one batch, in the order of `cells.order`."""

    def __init__(self, **settings: Any) -> None:
        pass  # `sweep` reads the same from the configuration

    def setup(
        self,
        *,
        hydra_context: HydraContext,
        task_function: Any,
        config: DictConfig,
    ) -> None:
        """Called by Hydra before `sweep`, with a `benchmarks.bench` Sweep."""
        self.master = config
        self.task = task_function
        self.loader = hydra_context.config_loader
        self.composed: dict[tuple[str, ...], DictConfig] = {}
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context,
            task_function=task_function,
            config=config,
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run every cell; the overrides of a suite come first."""
        sweep = suites.cells(self.master.hydra.sweeper, arguments)
        return self.task.run(sweep, self.master, self._compose, self._launch)

    def _compose(self, cell: list[str]) -> DictConfig:
        """The configuration of a cell.

        Hydra takes a quarter of a second: once for all seeds of a cell.
        """
        seeds = [word for word in cell if SEED.fullmatch(word)]
        rest = tuple(word for word in cell if word not in seeds)
        if rest not in self.composed:
            self.composed[rest] = self.loader.load_sweep_config(
                self.master, suites.shortened(cell)
            )
        config = deepcopy(self.composed[rest])
        for seed in seeds:
            config.seed = int(seed.removeprefix("seed="))
        return config

    def _launch(self, sweep: list[list[str]]) -> Any:
        Path(self.master.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        return self.launcher.launch(sweep, initial_job_idx=0)


def register() -> None:
    """Make the sweeper known to Hydra as a plugin."""
    plugins = Plugins.instance()
    plugins.register(CellSweeper)
    plugins.class_name_to_class[SWEEPER] = CellSweeper
