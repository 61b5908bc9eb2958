"""Reproduction: measure a record again and compare."""

__all__ = [
    "compare",
    "find",
    "former_names",
    "report",
    "rerun",
    "subject",
    "verify",
]
