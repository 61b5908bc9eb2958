"""The worker process, which measures one framework; it needs NumPy alone."""

__all__ = ["arrays", "bare_loop", "learning_rate", "request", "roofline"]
