"""Numerical parity of the implementations with a NumPy reference."""

__all__ = ["case", "checks", "compare", "reference", "schedule"]
