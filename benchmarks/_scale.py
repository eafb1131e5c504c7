"""How long to measure, where, and which candidates."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from benchmarks._rounds import Benchmark

T = TypeVar("T")


@dataclass(frozen=True)
class Scale:
    """What was asked for on the command line.

    Parameters
    ----------
    quick
        Short measurements, to see that they work.
    scratch
        Folder on the disk that is measured.
    improv_python
        Interpreter that has improv; "" if there is none.
    only
        Measure candidates with this in their name.
    """

    quick: bool = False
    scratch: Path = Path()
    improv_python: str = ""
    only: str = ""

    def pick(self, full: T, quick: T) -> T:
        """Give the first for a full run, the second for a quick one."""
        return quick if self.quick else full

    def select(self, benchmark: Benchmark) -> Benchmark:
        """Leave out the candidates that were not asked for."""
        chosen = [each for each in benchmark.candidates if self.only in each.name]
        return dataclasses.replace(benchmark, candidates=chosen)
