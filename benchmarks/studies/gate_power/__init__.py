"""False-alarm rate and power of the gate, from real timings."""

__all__ = ["study"]
