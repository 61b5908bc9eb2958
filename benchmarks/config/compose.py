"""One cell of a command line, without Hydra's sweep over many."""

from argparse import Namespace
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from omegaconf import DictConfig

from benchmarks.config import overrides, schema
from benchmarks.config.resolve import resolve
from benchmarks.data.pipeline import prepare


def compose(*words: str) -> tuple[dict[str, Any], DictConfig]:
    """The cell that overrides such as `workload=cnn` ask for, and its config.

    In the workload's own sizes: what a suite shortens is left to the sweep
    (`suites.shortened`). Raises UserError for what is not possible.
    """
    schema.register()
    accepted = overrides.arguments(list(words))[1:]  # `--multirun` is first
    with initialize_config_dir(str(overrides.CONF), version_base="1.3"):
        config = hydra_compose("config", accepted)
    return resolve(config), config


def from_options(options: Namespace) -> tuple[dict[str, Any], DictConfig]:
    """`compose` for the options `--workload`, `--framework`, `overrides`."""
    return compose(
        f"workload={options.workload}",
        f"framework={options.framework}",
        *options.overrides,
    )


def prepared(chosen: dict[str, Any], config: DictConfig) -> dict[str, Any]:
    """The data that a composed cell is trained on: its description.

    Raises UserError where it cannot be had.
    """
    name, data = chosen["workload"]["data"]["name"], config.data
    return prepare(name, data.folder, data.source, f"{config.runs}/data")
