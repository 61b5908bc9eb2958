"""The gate: compare this tree with another revision, in pairs of processes."""

__all__ = [
    "accuracy",
    "cells",
    "checkout",
    "decide",
    "numerics",
    "pairs",
    "render",
    "run",
    "settings",
    "timer",
]
