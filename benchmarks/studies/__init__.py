"""Studies of the measurements themselves: what they can detect."""

__all__ = ["gate_power", "pairs", "test_steps"]
