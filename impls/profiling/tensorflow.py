"""Operations of a `with` block, by TensorFlow's profiler."""

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tensorflow.profiler import experimental as profiler
from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

from impls.profiling import HOST, operation, own, written


@contextmanager
def profile(operations):
    """Record the operations of the `with` block in `operations`."""
    options = profiler.ProfilerOptions(
        host_tracer_level=2, python_tracer_level=0
    )
    with TemporaryDirectory() as folder:
        with profiler.Profile(folder, options):
            yield
        data = XSpace.FromString(Path(written(folder)).read_bytes())
        planes = [plane for plane in data.planes if plane.name == HOST]
        names = {n: m.name for p in planes for n, m in p.event_metadata.items()}
        operations |= own(
            _events(line, names) for p in planes for line in p.lines
        )


def _events(line, names):
    """The events of one thread."""
    for event in line.events:
        start = event.offset_ps / 1e12
        end = start + event.duration_ps / 1e12
        yield start, end, operation(names[event.metadata_id])
