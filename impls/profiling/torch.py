"""Operations of a `with` block, by PyTorch's profiler."""

from contextlib import contextmanager

from torch import profiler


@contextmanager
def profile(operations):
    """Record the operations of the `with` block in `operations`."""
    activities = [profiler.ProfilerActivity.CPU]
    with profiler.profile(activities=activities) as trace:
        yield
    for row in trace.key_averages():
        operations[row.key] = row.self_cpu_time_total / 1e6, row.count
