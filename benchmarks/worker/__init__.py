"""The worker process: measures one framework, with NumPy alone beside it."""
