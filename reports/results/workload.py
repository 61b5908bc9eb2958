"""One workload with its rows, and each row beside the slide's program."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter

from reports.results import statistics
from reports.results.format import ACCURACY, RATE, Measure
from reports.results.rows import Row
from reports.results.statistics import Interval, Verdict
from reports.results.titles import SLIDE

UNPAIRED = "no cell of the slide's program beside it in this bench"


@dataclass(frozen=True)
class Comparison:
    """One row against the slide's own program, in pairs by seed."""

    row: Row
    slide: Row | None
    margin: float | None
    keras: Row | None = None  # the slide's program on the row's framework

    @cached_property
    def ratio(self) -> Interval | None:
        """Training throughput over the slide's: geometric mean, 95 %."""
        return self._over(self.slide)

    @cached_property
    def keras_ratio(self) -> Interval | None:
        """The same over the slide's program on the row's framework."""
        return self._over(self.keras)

    @cached_property
    def pairs(self) -> dict[int, float]:
        """Test accuracy less the slide's, by seed; fractions."""
        theirs = self.slide.by_seed(ACCURACY) if self.slide else {}
        return statistics.differences(self.row.by_seed(ACCURACY), theirs)

    @cached_property
    def verdict(self) -> Verdict | None:
        """Equivalent, different or inconclusive."""
        if self.margin is None:
            return None
        return statistics.equivalence(self.pairs, self.margin)

    @property
    def reason(self) -> str:
        """Why there is nothing to compare."""
        if self.slide is None:
            return UNPAIRED
        if self.margin is None:
            return "the workload states no margin"
        return "no seed that both finished"

    def _over(self, other: Row | None) -> Interval | None:
        theirs = other.by_seed(RATE) if other else {}
        pairs = statistics.ratios(self.row.by_seed(RATE), theirs)
        return statistics.geometric([*pairs.values()]) if pairs else None


@dataclass(frozen=True)
class Workload:
    """One workload on one data set, with its rows."""

    name: str
    data: str
    synthetic: bool
    rows: list[Row]
    comparisons: list[Comparison]
    # All of the bench, this one among them
    every: list["Workload"] = field(
        default_factory=list, repr=False, compare=False
    )

    @property
    def id(self) -> str:
        """Of its section, and the start of its charts' ids."""
        return f"{self.name}-{self.data}"

    @property
    def slide(self) -> Row | None:
        """The slide's own program, where it ran."""
        rows = [row for row in self.rows if row.baseline]
        return next((row for row in rows if row.seeds), None)

    @property
    def backends(self) -> set[str]:
        """Those of Keras that the slide's program ran on."""
        rows = [row for row in self.rows if row.framework == SLIDE]
        return {row.backend for row in rows if row.seeds}

    def ratio(self, row: Row) -> Interval | None:
        """A row's throughput over the slide's."""
        for comparison in self.comparisons:
            if comparison.row is row:
                return comparison.ratio
        return None

    def in_unit(self, measure: Measure) -> Measure:
        """A measure in its unit: examples of a text are symbols, or crops."""
        for key, word in (("bptt_steps", "symbols"), ("crop_steps", "crops")):
            steps = [row.setting(row.main, key) for row in self.rows]
            if any(count and count.isdecimal() for count in steps):
                unit = measure.unit.replace("examples", word)
                return replace(measure, unit=unit)
        return measure

    def like(self, row: Row, name: str) -> Row | None:
        """The matching row of another workload, None where there is none.

        On the same data, in the same framework, mode, precision and device.
        """
        shared = "data", "precision", "device", "framework", "mode", "variant"
        same = attrgetter(*shared)
        others = [other for other in self.every if other.name == name]
        rows = (own for other in others for own in other.rows)
        return next((own for own in rows if same(own) == same(row)), None)

    @property
    def ranked(self) -> list[Row]:
        """Rows with a throughput, the fastest first."""
        rated = [row for row in self.rows if row.by_seed(RATE)]
        return sorted(rated, key=lambda row: -(row.estimate(RATE).value or 0))
