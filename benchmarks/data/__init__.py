"""Data sets: found or fetched, checked, prepared once; or generated.

Each is one module of this package with a `SET` in it; there is no registry.
"""

from benchmarks.data.pipeline import names, prepare

__all__ = ["names", "prepare"]
