"""The sweeper: the cells of a sweep are checked together and put in order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from benchmarks.config import suites
from benchmarks.config.schema import SWEEPER


class CellSweeper(Sweeper):
    """All cells of the sweep in one batch, in the order of `cells.order`."""

    run: ClassVar[Callable[..., None]]  # `benchmarks.bench.sweep.sweep`

    def __init__(
        self,
        params: dict[str, str] | None = None,
        workloads_of: str | None = None,
        own_seeds: bool = False,
    ) -> None:
        pass  # `sweep` reads the same from the configuration

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
        sweep = suites.cells(self.master.hydra.sweeper, arguments)
        return self.run(sweep, self.master, self._compose, self._launch)

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
