"""Reproduction: measure a record again and compare."""

__all__ = ["compare", "find", "report", "rerun", "subject", "verify"]
