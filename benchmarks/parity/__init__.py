"""Numerical parity: every implementation against a NumPy reference."""
