"""What a worker takes over of the user's environment."""

import os
import subprocess
import sys


def test_no_cache_of_compiled_programs_outlives_a_worker():
    """In another process: the tests keep such a cache for themselves."""
    program = (
        "from benchmarks.environment.env_vars import inherited\n"
        "print(sorted(n for n in inherited() if n.startswith('JAX_')))"
    )
    given = os.environ | {"JAX_COMPILATION_CACHE_DIR": "/tmp", "JAX_LOG": "1"}
    for name in [n for n in given if n.startswith("JAX_PERS")]:
        del given[name]
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, env=given, capture_output=True, check=True)
    assert output.stdout.decode() == "['JAX_LOG']\n"
