"""Passes over a cell, in the parent: start a worker, send it requests."""

__all__ = ["measure", "process", "profile", "remote_runner"]
