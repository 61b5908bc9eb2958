"""Versions of installed libraries, without importing them.

`python -m benchmarks.environment.versions slide torch` runs in another
interpreter.
"""

import ast
import json
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def libraries(*frameworks: str) -> list[str]:
    """What the frameworks' files in `impls` import, and NumPy, sorted."""
    names = {"numpy"}
    for name in frameworks:
        for path in (f"impls/frameworks/{name}.py", f"impls/{name}.py"):
            if (ROOT / path).exists():
                names |= _imported(ROOT / path)
    own = {"impls", "benchmarks", *sys.stdlib_module_names}
    return sorted(names - own)


def installed(*frameworks: str) -> dict[str, Any]:
    """This interpreter's version, and library -> version or None."""
    versions = {name: _version(name) for name in libraries(*frameworks)}
    return {"python": platform.python_version(), "versions": versions}


def _imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def _version(name: str) -> str | None:
    # TensorFlow's build for CPUs is distributed under another name
    for distribution in (name, f"{name}-cpu"):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    # Reads every installed distribution: half a second, so only if needed
    others = metadata.packages_distributions().get(name)
    return metadata.version(others[0]) if others else None


if __name__ == "__main__":
    print(json.dumps(installed(*sys.argv[1:])))
