"""The report as one HTML page."""

__all__ = ["document"]
