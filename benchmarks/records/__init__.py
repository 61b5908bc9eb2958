"""Records: one folder per measured cell, one file per gate verdict."""

__all__ = [
    "checksums",
    "metric",
    "revision",
    "schema",
    "store",
    "typed",
    "verdict",
    "verdicts",
]
