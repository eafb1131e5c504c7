"""One method two ways: ours, and the straightforward one, on the same data."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from benchmarks._rounds import Candidate, Figures, Rounds, Target

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_S = 0.05
_MOST_RUNS = 200


@dataclass
class Pair:
    """A method, ours and plain.

    Parameters
    ----------
    name
        Of the method.
    make
        Gives the data; called once, when the first is measured.
    ours, plain
        Called with the data.
    differ
        Called with both results: how far they are apart at most.
    agreement
        What that is a difference of, for the table of targets.
    limit
        What it must not exceed.
    faster
        How many times as quick ours must be; 0 if nothing is asked.
    plain_name
        How the plain way is called.
    """

    name: str
    make: Callable[[], Any]
    ours: Callable[[Any], Any]
    plain: Callable[[Any], Any]
    differ: Callable[[Any, Any], float]
    agreement: str
    limit: float
    plain_name: str
    faster: float = 0.0
    more: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def list_candidates(self) -> list[Candidate]:
        """Give both ways, and others if there are."""
        ways = {self.plain_name: self.plain, **self.more}
        found = [Candidate(self.name, self._measure_ours)]
        return found + [
            Candidate(
                f"{self.name}: {name}",
                lambda way=way: self._measure(way),
                floor=self.name,
            )
            for name, way in ways.items()
        ]

    def list_targets(self) -> list[Target]:
        """Give what must be reached: speed, and the same numbers."""
        plain = f"{self.name}: {self.plain_name}"
        found: list[Target] = []
        if self.faster:
            found.append(
                Target(
                    f"{self.name}: CPU time of the plain way over ours",
                    lambda rounds: rounds.ratio(plain, self.name, "CPU"),
                    self.faster,
                    at_least=True,
                )
            )
        found.append(
            Target(
                f"{self.name}: {self.agreement}",
                lambda rounds: _say_known(rounds, self.name),
                self.limit,
            )
        )
        return found

    @property
    def difference(self) -> float:
        """How far the numbers of both ways are apart."""
        return self._prepared[1]

    @cached_property
    def _prepared(self) -> tuple[Any, float]:
        # The first call of each way pays for imports and caches, and is not timed; its
        # results are compared.
        data = self.make()
        ours, plain = self.ours(data), self.plain(data)
        return data, float(self.differ(ours, plain))

    def _measure_ours(self) -> Figures:
        return self._measure(self.ours) | {"difference": self.difference}

    def _measure(self, way: Callable[[Any], Any]) -> Figures:
        return {"CPU": 1e3 * time_cpu(lambda: way(self._prepared[0]))}


def time_cpu(act: Callable[[], Any]) -> float:
    """CPU time of one call, s; short ones are repeated until there is enough."""
    act()  # what came before has filled the processor's caches with other things
    n_runs, began = 0, time.process_time()
    while True:
        act()
        n_runs += 1
        spent = time.process_time() - began
        if spent > _LEAST_S or n_runs >= _MOST_RUNS:
            return spent / n_runs


def _say_known(rounds: Rounds, name: str) -> list[float]:
    return [v for v in rounds.get(name, "difference") if not math.isnan(v)]
