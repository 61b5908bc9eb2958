"""Records as tables, statistics over seeds, titles, formatted numbers."""

__all__ = [
    "columns",
    "curves",
    "format",
    "frame",
    "grouping",
    "rows",
    "seconds",
    "statistics",
    "titles",
    "workload",
]
