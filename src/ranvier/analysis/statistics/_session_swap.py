"""Swapping the neural data of whole sessions, for any statistic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.core import RanvierError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ranvier.analysis.arrays import ArrayLike, FloatArray


from ranvier.analysis.statistics._permutation import (
    permutation_pvalue,
    synchronized_permutation_pvalue,
)

__all__ = ["SessionSwap", "session_swap_test"]


@dataclass(frozen=True)
class SessionSwap:
    """A statistic of each session, and of its behaviour with others' neural data.

    Parameters
    ----------
    observed
        Of each session, (n_sessions,).
    swapped
        Row: whose behaviour; column: whose neural data. NaN where it failed, and for a
        session's own.
    p_sessions
        Of each session, over all donors.
    p
        Of the mean over sessions.
    n_draws, n_failed
        Draws of the mean; pairs of sessions that failed.
    provenance
        Where it comes from.
    """

    observed: FloatArray
    swapped: FloatArray
    p_sessions: FloatArray
    p: float
    n_draws: int
    n_failed: int
    provenance: Provenance = field(repr=False)


def session_swap_test(
    behaviour: Sequence[ArrayLike],
    neural: Sequence[ArrayLike],
    statistic: Callable[[FloatArray, FloatArray], float],
    *,
    n_draws: int = 1000,
    seed: int = 0,
) -> SessionSwap:
    """Test a statistic of behaviour and neural data against swapped sessions.

    Behaviour is held; neural data come from another session, both cut to the shorter.
    Each pair of sessions is computed once, however many draws there are.

    Parameters
    ----------
    behaviour, neural
        One array a session, trials (or time) first.
    statistic
        Takes behaviour and neural data of equal length; larger is more extreme.
        ArithmeticError, ValueError, LinAlgError and faults of ours count as failures.
    n_draws
        Of the mean over sessions.
    seed
        Of the draws.

    Returns
    -------
    SessionSwap

    Raises
    ------
    GroupFault
        If there are fewer than two sessions, or not as many of both.

    Notes
    -----
    Harris, bioRxiv 2020.08.15.252445.
    """
    mine = [np.asarray(each, dtype=np.float64) for each in behaviour]
    theirs = [np.asarray(each, dtype=np.float64) for each in neural]
    n_sessions = len(mine)
    if n_sessions < 2 or len(theirs) != n_sessions:
        raise GroupFault(
            "a session-swap test needs two sessions or more.",
            found=f"{n_sessions} of behaviour, {len(theirs)} of neural data",
            wanted="both for each session",
        )
    table = np.array([[_try_statistic(statistic, a, b) for b in theirs] for a in mine])
    observed = np.diag(table).copy()
    n_failed = int((~np.isfinite(table)).sum())
    np.fill_diagonal(table, np.nan)
    rng = np.random.default_rng(seed)
    # Any session but one's own: skip it by counting on from there.
    away = rng.integers(1, n_sessions, size=(n_sessions, n_draws))
    own = np.arange(n_sessions)[:, None]
    null = table[own, (own + away) % n_sessions]
    told = synchronized_permutation_pvalue(observed, null)
    return SessionSwap(
        observed=observed,
        swapped=table,
        p_sessions=np.array(
            [
                permutation_pvalue(float(observed[i]), np.delete(table[i], i)).p
                for i in range(n_sessions)
            ]
        ),
        p=told.p,
        n_draws=told.n_draws,
        n_failed=n_failed,
        provenance=make_provenance(
            "session_swap_test",
            {"n_draws": n_draws, "seed": seed},
            n_sessions=n_sessions,
            n_failed=n_failed,
        ),
    )


def _try_statistic(
    statistic: Callable[[FloatArray, FloatArray], float], a: FloatArray, b: FloatArray
) -> float:
    n = min(len(a), len(b))
    try:
        return float(statistic(a[:n], b[:n]))
    except (ArithmeticError, ValueError, np.linalg.LinAlgError, RanvierError):
        return float("nan")
