"""A model's source files beside each other, aligned line by line."""

__all__ = ["listing"]
