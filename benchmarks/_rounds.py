"""Measure candidates in shuffled rounds, and compare them within each round.

A shared machine changes from minute to minute. So each round measures every candidate
once, in an order of its own, and a ratio is taken between two figures of one round;
reported are the median over the rounds, the smallest and the largest of them.
"""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Figures = dict[str, float]


@dataclass(frozen=True)
class Candidate:
    """One thing that is measured.

    Parameters
    ----------
    name
        As the table calls it.
    measure
        Gives its figures by column; called once a round.
    floor
        Name of the candidate that its ratio is taken to; "" for none.
    absent
        Why it can't be measured here; "" if it can.
    """

    name: str
    measure: Callable[[], Figures]
    floor: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Target:
    """A figure that must be reached.

    Parameters
    ----------
    text
        What is compared.
    value
        Gives the figure of each round; none if it was not measured.
    limit
        What it must not exceed, or not fall below.
    at_least
        True if it must not fall below.
    unit
        Of the figure; "" for a ratio.
    """

    text: str
    value: Callable[[Rounds], list[float]]
    limit: float
    at_least: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Benchmark:
    """Candidates that are measured side by side.

    Parameters
    ----------
    name, title, how
        For the command line; for the table; how it is measured, a sentence or two.
    candidates
        In the order of the table.
    columns
        Unit of each figure, by its name.
    compared
        The column that ratios are taken of; "" for none.
    targets
        What must be reached.
    """

    name: str
    title: str
    how: str
    candidates: list[Candidate]
    columns: dict[str, str]
    compared: str = ""
    targets: list[Target] = field(default_factory=list)


class Rounds:
    """The figures of all candidates in all rounds; not a number where one failed.

    Parameters
    ----------
    names
        Of the candidates.
    """

    def __init__(self, names: list[str]) -> None:
        self._figures: dict[str, list[Figures]] = {name: [] for name in names}
        self.problems: dict[str, str] = {}

    def add(self, name: str, figures: Figures) -> None:
        """Add a candidate's figures of the round; empty if it failed."""
        self._figures[name].append(figures)

    def get(self, name: str, column: str) -> list[float]:
        """Give a figure of each round; empty if it was never measured."""
        rounds = self._figures.get(name, [])
        values = [figures.get(column, math.nan) for figures in rounds]
        return [] if all(map(math.isnan, values)) else values

    def ratio(self, above: str, below: str, column: str) -> list[float]:
        """Give the ratio of two candidates in each round; empty without both."""
        pairs = zip(self.get(above, column), self.get(below, column), strict=False)
        ratios = [one / other for one, other in pairs]
        return [] if all(map(math.isnan, ratios)) else ratios


def run_rounds(
    benchmark: Benchmark, n_rounds: int, seed: int, tell: Callable[[str], None]
) -> Rounds:
    """Measure every candidate once a round, each round in another order.

    Parameters
    ----------
    benchmark
        What is measured.
    n_rounds, seed
        How often; what the orders are drawn by.
    tell
        Called with a line before each measurement.

    Returns
    -------
    Rounds
        A candidate that raised has no figures for that round, and its problem is kept.
    """
    there = [each for each in benchmark.candidates if not each.absent]
    rounds = Rounds([each.name for each in there])
    order = random.Random(seed)
    for number in range(1, n_rounds + 1):
        for candidate in order.sample(there, len(there)):
            tell(f"{benchmark.name}: round {number} of {n_rounds}: {candidate.name}")
            try:
                figures = candidate.measure()
            except Exception as error:  # noqa: BLE001 - one must not end all
                rounds.problems[candidate.name] = f"{type(error).__name__}: {error}"
                figures = {}
            rounds.add(candidate.name, figures)
    return rounds


def spread(values: list[float]) -> tuple[float, float, float]:
    """Give median, smallest and largest; not a number of nothing."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return math.nan, math.nan, math.nan
    return statistics.median(known), min(known), max(known)
