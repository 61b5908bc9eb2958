"""Data sets: found or fetched, checked, prepared once, or synthetic."""

__all__ = ["batches", "dataset", "makers", "pipeline", "sets", "splits"]
