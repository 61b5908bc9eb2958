"""The report as Markdown."""

__all__ = ["document"]
