"""The base revision: its work tree, environment and cells."""

__all__ = ["compose_cells", "environments", "trees", "git"]
