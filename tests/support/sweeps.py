"""The cells of a command line, composed by Hydra and not run."""

from functools import cache

import pytest

from benchmarks.bench import cells, sweep
from benchmarks.errors import UserError


@cache
def collected(*given):
    jobs = []

    def caught(self, sweep, master, compose, launch):
        jobs.extend(
            cells.order(cells.collect(sweep, compose), master.order_seed)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep.Sweep, "run", caught)
        patch.setattr("sys.argv", ["run"])
        patch.setenv("HYDRA_FULL_ERROR", "1")
        sweep.run(list(given), report=None, began=0.0)
    return jobs


def refused(*given):
    with pytest.raises(UserError) as caught:
        collected(*given)
    return str(caught.value)
