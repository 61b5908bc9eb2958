"""The bench: the cells of a sweep, run one by one and recorded."""

__all__ = ["cells", "console", "run_cell", "sweep"]
