"""Canonical correlation of neural and psychometric parameters, target by target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._cca import CCAResult, fit_cca
from ranvier.analysis.statistics._cca_compare import align_cca_signs
from ranvier.analysis.statistics._complete import (
    check_n_rows,
    find_known,
    to_names,
    to_table,
)
from ranvier.analysis.statistics._sparse_cca import PenaltyGrid, fit_sparse_cca

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CohortCCA",
    "CohortCCASettings",
    "fit_cohort_cca",
    "make_psychometric_features",
]

_SIDES = {"l": 1.0, "r": -1.0}


@dataclass(frozen=True)
class CohortCCASettings:
    """How cohorts are fitted.

    Parameters
    ----------
    min_recordings
        Complete recordings that a cohort must have.
    n_permutations, seed
        Of the test of each cohort.
    grid
        Penalties of `fit_sparse_cca`; without, `fit_cca` is used.
    """

    min_recordings: int = 10
    n_permutations: int = 1000
    seed: int = 0
    grid: PenaltyGrid | None = None


@dataclass(frozen=True)
class CohortCCA:
    """Fits of all cohorts that could be fitted, signs aligned to the first.

    Parameters
    ----------
    results
        Target → fit, alphabetically.
    faults
        Target → why it was not fitted.
    n_complete
        Complete recordings of each target.
    provenance
        Method, parameters, n, code.
    """

    results: Mapping[str, CCAResult]
    faults: Mapping[str, GroupFault]
    n_complete: pd.Series
    provenance: Provenance


def make_psychometric_features(
    psychometrics: pd.DataFrame, hemispheres: Any, block: str = "50"
) -> pd.DataFrame:
    """Turn psychometric parameters from left and right to the fibre's own side.

    Parameters
    ----------
    psychometrics
        One row a recording, with `psych_50_bias`, `psych_50_threshold`,
        `psych_50_lapse_left`, `psych_50_lapse_right` (or of another block). Bias and
        threshold in percent contrast.
    hemispheres
        "l" or "r" of each recording. Anything else (midline, not known) leaves no
        side, and so NaN.
    block
        Probability of left of the trials that were fitted, in percent.

    Returns
    -------
    pandas.DataFrame
        psych_50_threshold, psych_50_bias (bias × h; h is +1 left, -1 right),
        psych_50_lapse_contra and psych_50_lapse_ipsi (contra is right for the left
        hemisphere), with the index of `psychometrics`.

    Raises
    ------
    GroupFault
        If a column is not there.
    AnalysisError
        If `hemispheres` is not as long.

    Examples
    --------
    >>> fit = pd.DataFrame(
    ...     {
    ...         "psych_50_bias": [5.0],
    ...         "psych_50_threshold": [20.0],
    ...         "psych_50_lapse_left": [0.1],
    ...         "psych_50_lapse_right": [0.2],
    ...     }
    ... )
    >>> make_psychometric_features(fit, ["r"]).iloc[0].to_list()
    [20.0, -5.0, 0.1, 0.2]
    """
    check_n_rows("hemispheres", psychometrics, hemispheres)
    prefix = f"psych_{block}_"
    wanted = [f"{prefix}{name}" for name in ("threshold", "bias", "lapse_left")]
    wanted.append(f"{prefix}lapse_right")
    missing = [name for name in wanted if name not in psychometrics]
    if missing:
        raise GroupFault(
            "psychometric parameters are missing.",
            found=f"no {', '.join(missing)}",
            wanted=", ".join(wanted),
            mend="run the stage `task`, and join performance.pqt by eid",
        )
    threshold, bias, left, right = (
        psychometrics[name].to_numpy(dtype=np.float64) for name in wanted
    )
    side = np.array([_SIDES.get(str(h), np.nan) for h in hemispheres], dtype=np.float64)
    known = np.isfinite(side)
    contra = np.where(side > 0, right, left)
    ipsi = np.where(side > 0, left, right)
    return pd.DataFrame(
        {
            f"{prefix}threshold": threshold,
            f"{prefix}bias": bias * side,
            f"{prefix}lapse_contra": np.where(known, contra, np.nan),
            f"{prefix}lapse_ipsi": np.where(known, ipsi, np.nan),
        },
        index=psychometrics.index,
    )


def fit_cohort_cca(
    x: pd.DataFrame,
    y: pd.DataFrame,
    targets: Any,
    settings: CohortCCASettings | None = None,
    *,
    sessions: Any = None,
) -> CohortCCA:
    """Fit one canonical correlation to the recordings of each target.

    Parameters
    ----------
    x, y
        Neural and psychometric variables, one row a recording, in the same order.
    targets
        Target of each row; rows without one are left out.
    settings
        `CohortCCASettings()` by default.
    sessions
        Session of each row: both fibres of a session share its behaviour, so that
        permutations move sessions as a whole.

    Returns
    -------
    CohortCCA
        A target that can't be fitted is in `faults`; the others go on.

    Raises
    ------
    GroupFault
        If no target can be fitted.
    AnalysisError
        If x, y, targets and sessions are unlike in length.
    """
    settings = CohortCCASettings() if settings is None else settings
    for what, other in (("y", y), ("targets", targets), ("sessions", sessions)):
        if other is not None:
            check_n_rows(what, x, other)
    names, known = to_names(targets), find_known(targets, len(x))
    both = np.column_stack([to_table(x).to_numpy(), to_table(y).to_numpy()])
    complete = np.asarray(np.isfinite(both).all(axis=1))
    complete &= known & find_known(sessions, len(x))
    results: dict[str, CCAResult] = {}
    faults: dict[str, GroupFault] = {}
    for name in np.unique(names[known]):
        rows = names == name
        grouping = None if sessions is None else np.asarray(sessions)[rows]
        try:
            _check_size(name, int(complete[rows].sum()), settings.min_recordings)
            results[name] = _fit(x[rows], y[rows], settings, grouping)
        except GroupFault as fault:
            faults[name] = fault
    if not results:
        raise GroupFault(
            "no target has recordings enough for a canonical correlation.",
            found="; ".join(fault.found for fault in faults.values()) or "no recording",
            wanted=f"{settings.min_recordings} complete recordings of one target",
        )
    return CohortCCA(
        align_cca_signs(results),
        faults,
        pd.Series(
            {n: int(complete[names == n].sum()) for n in np.unique(names[known])}
        ),
        make_provenance(
            "fit_cohort_cca",
            {
                "min_recordings": settings.min_recordings,
                "n_permutations": settings.n_permutations,
                "seed": settings.seed,
                "sparse": settings.grid is not None,
                "by_session": sessions is not None,
            },
            n_recordings=int(complete.sum()),
            n_dropped=int((~complete).sum()),
            n_targets=len(results),
            n_failed=len(faults),
        ),
    )


def _check_size(name: str, n_complete: int, least: int) -> None:
    if n_complete < least:
        raise GroupFault(
            f"{name} has too few complete recordings for a canonical correlation.",
            found=f"{name}: {n_complete}",
            wanted=f"{least}",
        )


def _fit(
    x: pd.DataFrame, y: pd.DataFrame, settings: CohortCCASettings, sessions: Any
) -> CCAResult:
    draws = {"n_permutations": settings.n_permutations, "seed": settings.seed}
    if settings.grid is None:
        return fit_cca(x, y, shuffle_groups=sessions, **draws)
    return fit_sparse_cca(x, y, settings.grid, groups=sessions, **draws)
