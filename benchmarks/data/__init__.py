"""Data sets: found or fetched, checked, prepared once, or synthetic."""

__all__ = ["batches", "dataset", "pipeline", "sets", "splits"]
