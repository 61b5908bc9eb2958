"""A worker runs where NumPy and one framework are installed, nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.passes.remote_runner import open_worker
from tests.support.small_cells import cell

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


def test_keras_is_imported_without_what_it_has_no_use_for():
    """Where they are installed, Keras imports them, which takes seconds."""
    names = ["numpy", "keras", "matplotlib", "pandas", "sklearn"]
    session = Path(__file__).parents[1] / "support" / "imported.py"
    with open_worker(cell("tensorflow"), session=session) as worker:
        assert worker.ask("keras_with", names=names) == ["numpy", "keras"]
