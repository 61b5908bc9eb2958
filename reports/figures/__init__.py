"""Plotly figures of results."""

__all__ = ["bars", "curves", "parts", "phases", "sequences"]
