"""The content of a report: tables, charts and sentences without markup."""

__all__ = ["parity", "report"]
