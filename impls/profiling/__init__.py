"""What the frameworks' profilers tell, by operation; each has its `profile`.

Of a processor alone.
"""

import re
from collections.abc import Iterable
from pathlib import Path

Event = tuple[float, float, str]  # start and end in seconds, name
Found = dict[str, tuple[float, int]]  # operation -> own seconds, calls
HOST = "/host:CPU"  # the plane of the processor, in XLA's files


def own(threads: Iterable[Iterable[Event]]) -> Found:
    """Seconds of each operation less those of what it calls, and its calls.

    threads: the events of each; those of one thread lie beside each other
    or one within the other.
    """
    found: Found = {}

    def add(name: str, seconds: float, calls: int) -> None:
        before = found.get(name, (0.0, 0))
        found[name] = before[0] + seconds, before[1] + calls

    for events in threads:
        around: list[Event] = []
        for event in sorted(events, key=lambda one: (one[0], -one[1])):
            start, end, name = event
            while around and around[-1][1] <= start:
                around.pop()
            if around:
                add(around[-1][2], start - min(end, around[-1][1]), 0)
            add(name, end - start, 1)
            around.append(event)
    return found


def operation(name: str) -> str:
    """`while/lstm/mul:Mul#id=3#` -> `Mul`, `fusion.12` -> `fusion`."""
    name = name.partition("#")[0]
    if "::" not in name:
        name = name.rpartition(":")[2]
    return re.sub(r"(\.\d+)+$", "", name)


def written(folder: str) -> str:
    """The file of a profile that XLA's profiler has left in a folder."""
    return str(next(Path(folder).rglob("*.xplane.pb")))
