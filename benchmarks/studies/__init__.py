"""Studies of the measurements themselves: what they can detect."""

__all__ = ["gate_power", "test_steps"]
