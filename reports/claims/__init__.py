"""Claims of the chapter, one module per workload, decided over seeds."""

__all__ = ["charts", "claim", "registry", "sentence", "throughput"]
