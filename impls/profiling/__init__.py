"""CPU time by operation, from the frameworks' own profilers."""

import re
from collections.abc import Iterable
from pathlib import Path

Event = tuple[float, float, str]  # start and end in seconds, name
Operations = dict[str, tuple[float, int]]  # name -> own seconds, calls
HOST = "/host:CPU"  # the plane of the CPU in XLA's files


def own(threads: Iterable[Iterable[Event]]) -> Operations:
    """Seconds of each operation without its children, and its calls.

    threads: the events of each; two events of a thread are disjoint or
    nested.
    """
    operations: Operations = {}

    def add(name: str, seconds: float, calls: int) -> None:
        before = operations.get(name, (0.0, 0))
        operations[name] = before[0] + seconds, before[1] + calls

    for events in threads:
        around: list[Event] = []
        for event in sorted(events, key=lambda event: (event[0], -event[1])):
            start, end, name = event
            while around and around[-1][1] <= start:
                around.pop()
            if around:
                add(around[-1][2], start - min(end, around[-1][1]), 0)
            add(name, end - start, 1)
            around.append(event)
    return operations


def operation(name: str) -> str:
    """`while/lstm/mul:Mul#id=3#` -> `Mul`, `fusion.12` -> `fusion`."""
    name = name.partition("#")[0]
    if "::" not in name:
        name = name.rpartition(":")[2]
    return re.sub(r"(\.\d+)+$", "", name)


def written(folder: str) -> str:
    """The file that XLA's profiler has written into a folder."""
    return str(next(Path(folder).rglob("*.xplane.pb")))
