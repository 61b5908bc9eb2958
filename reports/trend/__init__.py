"""Recorded numbers over time: series, change points, their page."""

__all__ = ["changes", "write"]
