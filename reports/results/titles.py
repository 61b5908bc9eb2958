"""Titles and order of workloads and frameworks; colors and marks."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

WORKLOADS = Path(__file__).parents[2] / "conf" / "workload"
LAST = 10_000  # place of a workload that has no file
SLIDE = "slide"  # the book's own program, on a backend of Keras
BOOK = "tensorflow"  # its backend in the book: the baseline of comparisons
FORMER_MODE = "fit"  # of the slide's program, on that backend
TITLES = {
    "torch": "PyTorch",
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "slide": "Keras 3",
}
ORDER = ["torch", "tensorflow", "jax"]  # of tables; others, then the slide
MARKS = {
    "torch": "circle",
    "tensorflow": "square",
    "jax": "diamond",
    "slide": "x-thin-open",
}
SPARE_MARKS = ["triangle-up", "pentagon", "star", "hexagram"]


def framework_title(name: str) -> str:
    """torch -> PyTorch; a framework that is new keeps its name."""
    return TITLES.get(name, name)


def framework_order(name: str) -> int:
    """The place of a framework in tables; the slides' programs are last."""
    if name == SLIDE:
        return len(ORDER) + 1
    return ORDER.index(name) if name in ORDER else len(ORDER)


def backend(framework: str, mode: str) -> str:
    """The framework that computes: of the slide's program, Keras' backend."""
    if framework != SLIDE:
        return framework
    return BOOK if mode == FORMER_MODE else mode


def cell_title(
    framework: str, mode: str, precision: str, device: str, variant: str = ""
) -> str:
    """`PyTorch eager (batch size 64)`, without what is the default.

    Of the slide's program `Keras 3 on PyTorch`.
    """
    if framework == SLIDE:
        mode = f"on {framework_title(backend(framework, mode))}"
    words = [
        framework_title(framework),
        mode,
        precision if precision != "float32" else "",
        device if device != "cpu" else "",
        f"({variant})" if variant else "",
    ]
    return " ".join(word for word in words if word)


@dataclass(frozen=True)
class About:
    """The `report` block of a workload's file, its models and its suite."""

    title: str
    slides: str = ""  # "4", "17 to 19"
    order: int = LAST
    bounds: dict[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()  # its own first, then those of its phases
    suite: str = ""  # where it runs with its own seeds


def workloads() -> dict[str, About]:
    """Every workload by name, in the order of the chapter."""
    abouts = {path.stem: _about(path) for path in WORKLOADS.glob("*.yaml")}
    return dict(sorted(abouts.items(), key=lambda item: item[1].order))


def workload(name: str) -> About:
    """A workload by its name, or the first one that trains a model.

    A model that only phases train, and a name without a file, keep their
    names as titles.
    """
    abouts = workloads()
    if name in abouts:
        return abouts[name]
    trains = [about for about in abouts.values() if name in about.models]
    for about in trains:
        if about.models[0] == name:
            return about
    if trains:
        return About(name.capitalize(), trains[0].slides, trains[0].order)
    return About(name)


def workload_title(name: str) -> str:
    """cnn -> CNN; of a model: the title of the workload that trains it."""
    return workload(name).title


def workload_order(name: str) -> tuple[int, str]:
    """The place of a workload, or model, in the chapter: a key to sort by."""
    return workload(name).order, name


def workload_slides(name: str) -> str:
    """`slide 4`, `slides 17 to 19`; empty where none are stated."""
    slides = workload(name).slides
    many = "s" * (not slides.isdigit())
    return f"slide{many} {slides}" if slides else ""


def workload_bound(name: str, bound: str) -> float:
    """A constant of a workload's claim. Raises KeyError without one."""
    return float(workload(name).bounds[bound])


def color(framework: str) -> str:
    """The style sheet's variable of a framework, the same everywhere."""
    if framework in TITLES:
        return f"var(--{framework})"
    return f"var(--spare{_number(framework)})"


def mark(framework: str) -> str:
    """The marker's shape, for those who cannot tell colors apart."""
    return MARKS.get(framework) or SPARE_MARKS[_number(framework)]


def _number(framework: str) -> int:
    return sum(framework.encode()) % len(SPARE_MARKS)


@cache
def _about(path: Path) -> About:
    content: Any = OmegaConf.to_container(OmegaConf.load(path))
    report = content.get("report") or {}
    phases = (content.get("phases") or {}).values()
    models = [content.get("model"), *(phase.get("model") for phase in phases)]
    return About(
        title=report.get("title") or path.stem,
        slides=str(report.get("slides") or ""),
        order=int(report.get("order", LAST)),
        bounds=dict(report.get("bounds") or {}),
        models=tuple(str(model) for model in models if model),
        suite=str(content.get("suite") or ""),
    )
