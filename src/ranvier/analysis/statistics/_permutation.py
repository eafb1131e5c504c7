"""Permutation tests that swap whole sessions, so that slow drift stays in the null.

A draw that fails is no draw: it is counted, and left out of the denominator.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._choices import make_formula_error
from ranvier.analysis.statistics._design import build_design
from ranvier.analysis.statistics._formula import find_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray, IntArray

__all__ = [
    "PermutationNull",
    "PermutationP",
    "permutation_null",
    "permutation_pvalue",
    "synchronized_permutation_pvalue",
]

_RANK_TOLERANCE = 1e-11


@dataclass(frozen=True)
class PermutationP:
    """A p-value of permutations.

    Parameters
    ----------
    p
        (1 + draws at or above the observed) / (1 + draws); NaN without any draw.
    n_draws
        Draws that succeeded.
    n_failed
        Draws that did not.
    """

    p: float
    n_draws: int
    n_failed: int


@dataclass(frozen=True)
class PermutationNull:
    """ΔR² of a variable, and of the same variable of other sessions.

    Parameters
    ----------
    observed
        ΔR² of the session's own values.
    null
        ΔR² with each donor's values, NaN where the draw failed.
    p, n_draws, n_failed
        As of `permutation_pvalue`.
    provenance
        Where it comes from.
    """

    observed: float
    null: FloatArray
    p: float
    n_draws: int
    n_failed: int
    provenance: Provenance = field(repr=False)


def permutation_pvalue(observed: float, null: ArrayLike) -> PermutationP:
    """Give the one-sided p-value of an observed statistic under a null.

    Parameters
    ----------
    observed
        Larger is more extreme.
    null
        The statistic of each draw; NaN where the draw failed.

    Returns
    -------
    PermutationP

    Notes
    -----
    Phipson & Smyth, Stat Appl Genet Mol Biol 9:39 (2010): a p-value of 0 can't be.

    Examples
    --------
    >>> permutation_pvalue(3.0, [1.0, 2.0, np.nan, 4.0])
    PermutationP(p=0.5, n_draws=3, n_failed=1)
    """
    draws = np.asarray(null, dtype=np.float64).ravel()
    good = draws[np.isfinite(draws)]
    if not good.size or not np.isfinite(observed):
        return PermutationP(float("nan"), int(good.size), int(draws.size - good.size))
    reached = int((good >= observed).sum())
    return PermutationP(
        (1 + reached) / (1 + good.size), int(good.size), int(draws.size - good.size)
    )


def synchronized_permutation_pvalue(
    observed: ArrayLike, null: ArrayLike
) -> PermutationP:
    """Give the p-value of the mean over a subject's sessions.

    All sessions of a draw are swapped for the same donor, so that what sessions have in
    common stays in the null.

    Parameters
    ----------
    observed
        Statistic of each session, (n_sessions,).
    null
        Of each session with each donor, (n_sessions, n_donors); NaN where it failed.

    Returns
    -------
    PermutationP
        A draw fails if no session has it. Where only some have it, their mean is
        compared with the observed mean of the same sessions.

    Raises
    ------
    GroupFault
        If shapes do not fit.

    Examples
    --------
    >>> synchronized_permutation_pvalue([1.0, 3.0], [[0.0, 2.0], [1.0, 5.0]]).p
    0.6666666666666666
    """
    own = np.asarray(observed, dtype=np.float64).reshape(-1, 1)
    draws = np.asarray(null, dtype=np.float64)
    if draws.ndim != 2 or len(draws) != len(own):
        raise GroupFault(
            "observed and null have different sessions.",
            found=f"{own.size} sessions, null of shape {draws.shape}",
            wanted="null of shape (n_sessions, n_donors)",
            mend="give one row a session",
        )
    there = np.isfinite(draws) & np.isfinite(own)
    counts = there.sum(axis=0)
    good = counts > 0
    # Sums over the same sessions compare as their means do.
    excess = np.where(there, draws - own, 0.0).sum(axis=0)[good]
    # Equal sums must not differ by rounding: it would make a tie a win.
    size = np.where(there, np.abs(draws) + np.abs(own), 0.0).sum(axis=0)[good]
    n_draws, n_failed = int(good.sum()), int((~good).sum())
    if not n_draws:
        return PermutationP(float("nan"), 0, n_failed)
    reached = int((excess >= -1e-14 * size).sum())
    return PermutationP((1 + reached) / (1 + n_draws), n_draws, n_failed)


def permutation_null(
    frame: pd.DataFrame,
    formula: str,
    variable: str,
    donors: Sequence[ArrayLike],
    *,
    min_trials: int = 20,
) -> PermutationNull:
    """Test what a variable adds to responses against the values of other sessions.

    In each draw the variable's column, and with it every interaction, is that of a
    donor session; both are cut to the shorter one. ΔR² is the fall of R² when all terms
    with the variable leave.

    Parameters
    ----------
    frame
        Trials of one session in their order, without missing values.
    formula
        "response ~ contrast * side + log_reaction_time"; numeric variables only.
    variable
        Which one.
    donors
        Its values in other sessions, coded in the same way.
    min_trials
        A donor with fewer trials is a failed draw, as is one with missing values or
        whose columns are sums of others.

    Returns
    -------
    PermutationNull

    Raises
    ------
    AnalysisError
        RV-A82 if the formula does not have the variable, or as a factor; RV-A83 if
        values are missing.

    Notes
    -----
    Harris, bioRxiv 2020.08.15.252445 (session permutation).
    """
    blocks = _split(frame, formula, variable)
    y = frame[find_response(formula)].to_numpy(dtype=np.float64)
    observed = _compute_deltas(
        blocks, y, [frame[variable].to_numpy(dtype=np.float64)], min_trials=0
    )[0]
    values = [np.asarray(donor, dtype=np.float64) for donor in donors]
    null = _compute_deltas(blocks, y, values, min_trials=min_trials)
    told = permutation_pvalue(float(observed), null)
    return PermutationNull(
        observed=float(observed),
        null=null,
        p=told.p,
        n_draws=told.n_draws,
        n_failed=told.n_failed,
        provenance=make_provenance(
            "permutation_null",
            {"formula": formula, "variable": variable, "min_trials": min_trials},
            n_trials=len(frame),
            n_donors=len(values),
            n_failed=told.n_failed,
        ),
    )


@dataclass(frozen=True)
class _Blocks:
    """Columns without the variable, and what the others multiply it by."""

    reduced: FloatArray
    factors: FloatArray


def _split(frame: pd.DataFrame, formula: str, variable: str) -> _Blocks:
    design = build_design(formula, frame)
    at = design.find_columns(variable)
    parts = [design.columns[i].split(":") for i in at]
    if not parts or any(variable not in part for part in parts):
        raise make_formula_error(
            f'"{variable}" can\'t be swapped.',
            where=formula,
            found=", ".join(design.columns),
            wanted="a numeric variable of the formula",
            mend="code the variable as a number, or name another one",
        )
    factors = np.ones((len(frame), len(parts)))
    for column, part in zip(factors.T, parts, strict=True):
        for name in part:
            if name != variable:
                column *= frame[name].to_numpy(dtype=np.float64)
    return _Blocks(design.drop(variable).matrix, factors)


def _compute_deltas(
    blocks: _Blocks, y: FloatArray, values: Sequence[FloatArray], *, min_trials: int
) -> FloatArray:
    """Give ΔR² of each choice of the variable's values."""
    n_reduced, n_swapped = blocks.reduced.shape[1], blocks.factors.shape[1]
    width = n_reduced + n_swapped + 1
    fixed = np.column_stack((blocks.reduced, blocks.factors, y - y.mean()))
    grams = np.zeros((len(values), width, width))
    totals = np.zeros(len(values))
    usable = np.zeros(len(values), dtype=bool)
    for i, value in enumerate(values):
        n_trials = min(len(value), len(y))
        if n_trials < max(min_trials, width + 1):
            continue
        used = value[:n_trials]
        if not np.isfinite(used.sum()):
            continue
        rows = fixed[:n_trials].copy()
        rows[:, n_reduced:-1] *= used[:, None]
        grams[i] = rows.T @ rows
        totals[i] = grams[i, -1, -1] - rows[:, -1].sum() ** 2 / n_trials
        usable[i] = totals[i] > 1e-13 * grams[i, -1, -1]
    return _compare(grams, totals, usable, n_reduced)


def _compare(
    grams: FloatArray, totals: FloatArray, usable: BoolArray, n_reduced: int
) -> FloatArray:
    """Give ΔR² from the Gram matrices of [reduced, swapped, response]."""
    squares = np.diagonal(grams, axis1=1, axis2=2)
    scale = 1.0 / np.sqrt(np.where(squares > 0, squares, 1.0))
    unit = grams * scale[:, :, None] * scale[:, None, :]
    full = unit[:, :-1, :-1]
    least = np.linalg.eigvalsh(full)[:, 0]
    good: IntArray = np.flatnonzero(usable & (least > _RANK_TOLERANCE * full.shape[1]))
    delta = np.full(len(grams), np.nan)
    if not good.size:
        return delta
    unit, r = unit[good], n_reduced
    # What is left of swapped columns and response beyond the reduced model (Schur).
    known = np.linalg.solve(unit[:, :r, :r], unit[:, :r, r:])
    rest = unit[:, r:, r:] - unit[:, r:, :r] @ known
    right = rest[:, :-1, -1:]
    gained = (right * np.linalg.solve(rest[:, :-1, :-1], right)).sum(axis=(1, 2))
    delta[good] = gained * squares[good, -1] / totals[good]
    return delta
