"""Writing a report: all of its files, published results included."""

__all__ = ["publish", "read", "write"]
