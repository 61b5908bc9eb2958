"""Rules for the values of single keys, and the messages that refuse them."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from benchmarks.errors import did_you_mean


@dataclass(frozen=True)
class Rule:
    """What a value has to satisfy, and the same in words."""

    holds: Callable[[Any], bool]
    expected: str


def _rising(values: list[int]) -> bool:
    return min(values, default=1) >= 1 and values == sorted(set(values))


def _distinct(values: list[int]) -> bool:
    return min(values, default=0) >= 0 and len(set(values)) == len(values)


COUNT = Rule(lambda value: value >= 1, "a whole number from 1")
NATURAL = Rule(lambda value: value >= 0, "a whole number from 0")
SEED = Rule(
    lambda value: 0 <= value < 2**31, "a whole number from 0 to 2147483647"
)
SEEDS = Rule(_distinct, "different whole numbers from 0")
CLASSES = Rule(
    lambda values: bool(values) and _distinct(values), SEEDS.expected
)
POSITIVE = Rule(
    lambda value: value > 0 and math.isfinite(value), "a number above 0"
)
NOT_NEGATIVE = Rule(
    lambda value: value >= 0 and math.isfinite(value), "a number from 0"
)
RISING = Rule(_rising, "whole numbers from 1, each larger than the one before")
SHARE = Rule(lambda value: 0 <= value < 1, "a number from 0 to below 1")
ACCURACY = Rule(lambda value: 0 < value <= 1, "a share above 0, up to 1")
URL = Rule(lambda value: "://" in value, "http://host:port")
NAME = Rule(
    lambda value: bool(re.fullmatch("[a-z][a-z0-9_]{0,39}", value)),
    "at most 40 lower-case letters, digits and _, first a letter",
)
TYPES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    list: "a list: [a,b]",
    dict: "keys and values: {a: 1}",
}


def in_words(kind: Any) -> str | None:
    """A type of the schema in words; None if it is none of them."""
    if type(None) in get_args(kind):
        kind = get_args(kind)[0]  # may be null
    return TYPES.get(get_origin(kind) or kind)


def one_of(key: str, value: Any, options: Iterable[str]) -> str:
    """The message that refuses a word, with what is possible."""
    options = list(options)
    hint = did_you_mean(str(value), options)
    return f"{key}={value}: expected one of {', '.join(options)}{hint}."
