"""Passes over a cell: what the parent process asks of a worker."""
