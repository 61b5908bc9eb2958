"""Operations of what runs inside, by JAX's profiler."""

from contextlib import contextmanager
from tempfile import TemporaryDirectory

from jax import profiler

from impls.profiling import HOST, operation, own, written


@contextmanager
def profile(found):
    """Fill `found` with the operations of what runs inside."""
    options = profiler.ProfileOptions()
    options.python_tracer_level = 0
    with TemporaryDirectory() as folder:
        with profiler.trace(folder, profiler_options=options):
            yield
        told = profiler.ProfileData.from_file(written(folder))
        planes = [plane for plane in told.planes if plane.name == HOST]
        found |= own(_events(line) for one in planes for line in one.lines)


def _events(line):
    """Those of one thread."""
    for event in line.events:
        start = event.start_ns / 1e9
        end = start + event.duration_ns / 1e9
        yield start, end, operation(event.name)
