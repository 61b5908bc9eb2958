"""Configuration: the schema of a cell, its rules, Hydra overrides."""

__all__ = [
    "compose",
    "fields",
    "fit",
    "former_keys",
    "overrides",
    "phases",
    "resolve",
    "schema",
    "suites",
    "workload",
]
