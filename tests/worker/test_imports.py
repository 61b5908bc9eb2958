"""A worker runs where NumPy and one framework are installed, nothing else."""

import subprocess
import sys

import pytest

PARENTS = ("filelock", "hydra", "mlflow", "omegaconf", "pandas", "pydantic")


@pytest.mark.parametrize("module", ["session", "bare_loop", "__main__"])
def test_a_worker_imports_no_library_of_its_parent(module):
    program = (
        f"import sys; import benchmarks.worker.{module};"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = set(answer.stdout.split())
    assert not imported & {*PARENTS, "scipy", "torch", "tensorflow", "jax"}
    assert "numpy" in imported or module == "__main__"
