"""Operations of a `with` block, by JAX's profiler."""

from contextlib import contextmanager
from tempfile import TemporaryDirectory

from jax import profiler

from impls.profiling import HOST, operation, own, written


@contextmanager
def profile(operations):
    """Record the operations of the `with` block in `operations`."""
    options = profiler.ProfileOptions()
    options.python_tracer_level = 0
    with TemporaryDirectory() as folder:
        with profiler.trace(folder, profiler_options=options):
            yield
        data = profiler.ProfileData.from_file(written(folder))
        planes = [plane for plane in data.planes if plane.name == HOST]
        operations |= own(_events(line) for p in planes for line in p.lines)


def _events(line):
    """The events of one thread."""
    for event in line.events:
        start = event.start_ns / 1e9
        end = start + event.duration_ns / 1e9
        yield start, end, operation(event.name)
