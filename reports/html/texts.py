"""What models wrote: samples, translations, and what they attended to."""

from typing import Any

import numpy as np

from reports.results.curves import Pictures
from reports.results.frame import Bench
from reports.results.rows import Workload
from reports.results.titles import framework_title

ROWS = 10  # translations that are shown
Block = dict[str, Any]
Told = list[tuple[str, str, dict[str, Any], Pictures]]


def blocks(bench: Bench, workload: Workload) -> list[Block]:
    """What the templates print, in order; texts of the lowest seed.

    A block is a table of texts (`heads`, `rows`) or a map of attention.
    """
    found = _told(bench, workload)
    parts = _samples, _sentences, _translations, _maps
    return [block for part in parts for block in part(found)]


def _told(bench: Bench, workload: Workload) -> Told:
    """Framework, phase (or workload), its texts and all of its record."""
    return [
        (framework_title(row.framework), name, texts, bench.pictures[record])
        for row in workload.rows
        for record in row.cells["record"]
        if record in bench.pictures
        for name, texts in bench.pictures[record].texts.items()
    ]


def _samples(found: Told) -> list[Block]:
    rows = [
        [f"{framework}, {name}", told["prompt"], told["sample"]]
        for framework, name, told, _ in found
        if "sample" in told
    ]
    if not rows:
        return []
    caption = (
        "Drawn character by character, from the same noise in every framework."
    )
    heads = ["", "goes on from", "written"]
    return [_table("A sample of text", caption, heads, rows, "sample")]


def _sentences(found: Told) -> list[Block]:
    rows = [
        [framework, one["source"], one["hypothesis"]]
        for framework, _, told, _ in found
        for one in told.get("sentences", [])
    ]
    if not rows:
        return []
    heads = ["", "English", "Japanese"]
    return [_table("The slide's sentence", "One seed.", heads, rows)]


def _translations(found: Told) -> list[Block]:
    """The first sentences of the test split, every framework beside it."""
    given = [
        (framework, told["translations"][:ROWS])
        for framework, _, told, _ in found
        if "translations" in told
    ]
    if not given:
        return []
    rows = [
        [
            first["source"],
            first["reference"],
            *(
                every[number]["hypothesis"] if number < len(every) else ""
                for _, every in given
            ),
        ]
        for number, first in enumerate(given[0][1])
    ]
    heads = ["English", "reference", *(framework for framework, _ in given)]
    caption = "The first of the test split, as decoded; one seed."
    return [_table("Translations", caption, heads, rows)]


def _maps(found: Told) -> list[Block]:
    """The first sentence's in every framework, the others' in one."""
    shown: list[Block] = []
    for framework, _, told, pictures in found:
        every = told.get("attention", [])
        for number, one in enumerate(every[: None if not shown else 1]):
            name = one["array"].rpartition("/")[2].removesuffix(".npy")
            if name in pictures.arrays:
                weights = pictures.arrays[name]
                shown.append(_map(framework, number, one, weights))
    return sorted(shown, key=lambda block: block["number"])


def _map(
    framework: str, number: int, one: dict[str, Any], weights: np.ndarray
) -> Block:
    return {
        "kind": "map",
        "number": number,
        "title": f"Attention, {framework}: {' '.join(one['source'])}",
        "caption": "Across: the words read. Down: the words written, each"
        " with the shares that its row gives; a row adds up to 1. Computed"
        " by the reference from the parameters that were trained.",
        "heads": one["source"],
        "rows": [
            {
                "head": word,
                "cells": [
                    {"share": round(100 * one), "value": f"{one:.2f}"}
                    for one in map(float, row)
                ],
            }
            for word, row in zip(one["target"], weights, strict=True)
        ],
    }


def _table(
    title: str,
    caption: str,
    heads: list[str],
    rows: list[list[str]],
    kind: str = "texts",
) -> Block:
    return {
        "kind": kind,
        "title": title,
        "caption": caption,
        "heads": heads,
        "rows": rows,
    }
