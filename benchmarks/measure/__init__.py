"""What is measured: in the worker, with NumPy and the library alone.

`passes` starts workers and runs in the parent; `nvml` and `environment`
read the machine; the rest runs in the worker.
"""
