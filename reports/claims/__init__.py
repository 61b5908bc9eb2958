"""Claims of the chapter, one module per workload, decided over seeds.

`claim` has the types, `registry` finds the modules, `section` has what a
report shows of one.
"""

__all__ = ["captions", "claim", "registry", "section", "sentence", "throughput"]
