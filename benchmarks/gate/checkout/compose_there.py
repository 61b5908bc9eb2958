"""Compose cells with the code and the conf/ of the tree it is run in.

The parent hands this text to `python -c`, in a tree that may be years
older: it uses `compose`, `overrides` and `schema` of `benchmarks.config`.
Standard input: {"sweep": ["workload=cnn,rnn", ...]}, as on the bench's
command line, or {"cells": [["workload=cnn", ...], ...]}. The last line of
standard output: a list of {"words", "cell" or "error"}.
"""

import json
import sys
from typing import Any

# What a suite sweeps over that is not a gate's concern
OWN = ("seed",)


def main() -> None:
    """Answer what standard input asks."""
    from benchmarks.errors import UserError

    asked = json.load(sys.stdin)
    try:
        listed = asked.get("cells") or expanded(asked["sweep"])
    except UserError as error:
        print("\n" + json.dumps([{"words": [], "error": str(error)}]))
        return
    print("\n" + json.dumps([composed(words) for words in listed]))


def expanded(sweep: list[str]) -> list[list[str]]:
    """The overrides of every cell; what is not given, the suite says."""
    from hydra import compose, initialize_config_dir

    from benchmarks.config import overrides, schema

    schema.register()
    accepted = overrides.arguments(sweep)[1:]  # `--multirun` is first
    suite = [word for word in accepted if word.startswith("suite=")]
    with initialize_config_dir(str(overrides.CONF), version_base="1.3"):
        config = compose("config", suite, return_hydra_config=True)
    params = config.hydra.sweeper.get("params") or {}
    usual = [f"{k}={v}" for k, v in params.items() if k not in OWN]
    return overrides.expand([*usual, *accepted])


def composed(words: list[str]) -> dict[str, Any]:
    """One cell, or in the tree's own words why it cannot be."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from benchmarks.config import compose, overrides
    from benchmarks.errors import UserError

    try:
        return {"words": words, "cell": compose.compose(*words)[0]}
    except UserError as error:
        return {"words": words, "error": str(error)}
    except (HydraException, OmegaConfBaseException) as error:
        return {"words": words, "error": str(overrides.explain(error))}


if __name__ == "__main__":
    main()
