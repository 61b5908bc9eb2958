"""Every model of the chapter, in three frameworks, under one contract.

The folders are the registry of models, the files of `frameworks` that of
frameworks.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from impls.interface import Runner, Setting, Spec

_HERE = Path(__file__).parent

MODELS = tuple(sorted(p.parent.name for p in _HERE.glob("*/spec.py")))
FRAMEWORKS = tuple(sorted(p.stem for p in _HERE.glob("frameworks/[a-z]*.py")))


def spec(model: str) -> type[Spec]:
    """The Spec class of a model: a frozen dataclass, NumPy only.

    Raises KeyError naming the models there are.
    """
    if model not in MODELS:
        raise KeyError(f"model {model!r}: expected one of {MODELS}")
    kind: type[Spec] = import_module(f"impls.{model}.spec").Spec
    return kind


def build(model: str, framework: str, sizes: Any, setting: Setting) -> Runner:
    """Build a model of the given sizes, ready to train, in one framework.

    Imports the framework, and no other. Raises KeyError naming the
    frameworks there are, ValueError for a setting that it cannot run.
    """
    if framework not in FRAMEWORKS:
        raise KeyError(f"framework {framework!r}: expected one of {FRAMEWORKS}")
    implementation = import_module(f"impls.{model}.{framework}")
    frame = import_module(f"impls.frameworks.{framework}")
    runner: Runner = frame.Runner(implementation.Model, sizes, setting)
    return runner
