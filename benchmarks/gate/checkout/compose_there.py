"""Compose cells with the code and the conf/ of the tree it is run in.

The parent passes this text to `python -c`, in a tree that may be older: it
uses `compose`, `overrides`, `schema` and `suites` of `benchmarks.config`.
Standard input: {"sweep": ["workload=cnn,rnn", ...]}, as on the bench's
command line, or {"cells": [["workload=cnn", ...], ...]}. The last line of
standard output: a list of {"words", "cell" or "error"}.
"""

import json
import sys
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from benchmarks.config import compose, overrides, schema, suites
from benchmarks.errors import UserError


def main() -> None:
    """Answer the question on standard input."""
    question = json.load(sys.stdin)
    try:
        cells = question.get("cells") or expand(question["sweep"])
        answers = [composed(words) for words in cells]
    except UserError as error:
        answers = [{"words": [], "error": str(error)}]
    print("\n" + json.dumps(answers))


def expand(sweep: list[str]) -> list[list[str]]:
    """The overrides of every cell; the suite decides what is not given."""
    schema.register()
    accepted = overrides.arguments(sweep)[1:]  # `--multirun` is first
    suite = [word for word in accepted if word.startswith("suite=")]
    with hydra.initialize_config_dir(str(overrides.CONF), version_base="1.3"):
        config = hydra.compose("config", suite, return_hydra_config=True)
    sweeper = OmegaConf.create(OmegaConf.to_container(config.hydra.sweeper))
    sweeper.own_seeds = False  # one seed: the gate compares speed and numbers
    (sweeper.params or {}).pop("seed", None)
    return suites.cells(sweeper, accepted)


def composed(words: list[str]) -> dict[str, Any]:
    """One cell, or the tree's own message why it is impossible."""
    try:
        return {"words": words, "cell": compose.compose(*words)[0]}
    except (HydraException, OmegaConfBaseException) as error:
        problem = overrides.explain(error)
    except UserError as error:
        problem = error
    return {"words": words, "error": str(problem)}


if __name__ == "__main__":
    main()
