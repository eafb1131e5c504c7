"""What an analysis of a group gives: a result for each target and event, with its n."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd

from ranvier.analysis.faults import DataFault
from ranvier.analysis.group._trials import AnalysisTrials, count_trials
from ranvier.analysis.provenance import Provenance, make_provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ranvier.analysis.group._waterfall import Waterfall

Result = TypeVar("Result")
Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class GroupResult(Generic[Result]):
    """One analysis, done for each target and event (or what `keys` says).

    Parameters
    ----------
    keys
        What tells results apart: ("target_NM", "event").
    results
        Key → result, of those that could be done.
    faults
        Key → why it could not be done.
    trials
        What went in: target_NM, event, subject, n_sessions, n_recordings, n_trials.
    waterfall
        Which trials were taken, of all.
    table
        All results as one table, the keys first.
    provenance
        Parameters and n.
    """

    keys: tuple[str, ...]
    results: Mapping[Key, Result]
    faults: Mapping[Key, DataFault]
    trials: pd.DataFrame = field(repr=False)
    waterfall: Waterfall = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    provenance: Provenance = field(repr=False)

    @property
    def n_failed(self) -> int:
        """How many could not be done."""
        return len(self.faults)

    def faults_to_frame(self) -> pd.DataFrame:
        """Give what could not be done as a table.

        Returns
        -------
        pandas.DataFrame
            The keys, error_type, error_message.
        """
        rows = [
            {
                **dict(zip(self.keys, key, strict=True)),
                "error_type": type(fault).__name__,
                "error_message": f"{fault.problem} {fault.found}".strip(),
            }
            for key, fault in self.faults.items()
        ]
        names = [*self.keys, "error_type", "error_message"]
        return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True)
class Plan:
    """How an analysis is done for each part of the trials.

    Parameters
    ----------
    method
        Name of the analysis.
    parameters
        What it was called with.
    keys
        Columns that tell parts apart.
    to_table
        Gives a result as a table.
    """

    method: str
    parameters: Mapping[str, Any]
    keys: tuple[str, ...] = ("target_NM", "event")
    to_table: Callable[[Any], pd.DataFrame] | None = None


def analyse_parts(
    plan: Plan,
    trials: AnalysisTrials,
    parts: Iterable[tuple[Key, pd.DataFrame]],
    analyse: Callable[[Key, pd.DataFrame], tuple[Result, pd.DataFrame]],
) -> GroupResult[Result]:
    """Do an analysis for each part; one that fails is a fault, the rest goes on.

    Parameters
    ----------
    plan
        What it is.
    trials
        Where the parts come from.
    parts
        Key → trials of it.
    analyse
        Takes key and trials of a part; gives the result, and the trials that went in.

    Returns
    -------
    GroupResult
    """
    results: dict[Key, Result] = {}
    faults: dict[Key, DataFault] = {}
    used: list[pd.DataFrame] = []
    for key, frame in parts:
        try:
            results[key], taken = analyse(key, frame)
        except DataFault as fault:
            faults[key] = fault
            continue
        used.append(taken)
    counted = pd.concat(used) if used else trials.frame.iloc[:0]
    return finish(plan, trials, results, faults, count_trials(counted))


def finish(
    plan: Plan,
    trials: AnalysisTrials,
    results: Mapping[Key, Result],
    faults: Mapping[Key, DataFault],
    counts: pd.DataFrame,
) -> GroupResult[Result]:
    """Put results together, with their n.

    Parameters
    ----------
    plan
        What it is.
    trials
        Where they come from.
    results, faults
        By key.
    counts
        Of `count_trials`.

    Returns
    -------
    GroupResult
    """
    tables: list[pd.DataFrame] = []
    if plan.to_table is not None:
        for key, result in results.items():
            said = dict(zip(plan.keys, key, strict=True))
            part = plan.to_table(result).reset_index(drop=True)
            rest = part.drop(columns=[name for name in said if name in part])
            tables.append(pd.DataFrame(said, rest.index).join(rest))
    provenance = make_provenance(
        plan.method,
        {**plan.parameters, "trials": str(trials.waterfall)},
        n_trials=int(counts["n_trials"].sum()),
        n_subjects=int(counts["subject"].nunique()),
        n_results=len(results),
        n_failed=len(faults),
    )
    return GroupResult(
        plan.keys,
        results,
        faults,
        counts,
        trials.waterfall,
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        provenance,
    )


def split_parts(
    frame: pd.DataFrame, keys: Iterable[str] = ("target_NM", "event")
) -> Iterator[tuple[Key, pd.DataFrame]]:
    """Split trials by some columns, in the order of their values.

    Parameters
    ----------
    frame
        Of `AnalysisTrials`.
    keys
        Columns.

    Yields
    ------
    tuple
        Key, and its trials.
    """
    for key, part in frame.groupby([*keys], sort=True, observed=True):
        yield tuple(key), part.reset_index(drop=True)
