"""Penalised canonical correlation: alternating elastic-net regressions.

For cohorts with few recordings, and for weights that are zero where a variable has no
part. All penalties, folds and permutations are solved side by side on small
correlation matrices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import make_provenance
from ranvier.analysis.statistics._cca import (
    CCAResult,
    add_permutation_test,
    make_cca_result,
    prepare_pair,
)
from ranvier.analysis.statistics._complete import scale_columns

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray, IntArray

__all__ = ["PenaltyGrid", "fit_sparse_cca"]

_MOST_ROUNDS = 2000
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class PenaltyGrid:
    """Penalties to choose from, and how.

    Parameters
    ----------
    alphas
        Strengths, against variables and scores of unit variance: at
        alpha·l1_ratio ≥ 1 no weight is left.
    l1_ratios
        Share of the L1 part: 0 is ridge (no zeros), 1 is lasso.
    n_folds
        Of the cross-validation; fewer if there are fewer rows or groups.
    """

    alphas: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
    l1_ratios: tuple[float, ...] = (0.0, 0.5, 1.0)
    n_folds: int = 5

    def to_arrays(self) -> tuple[FloatArray, FloatArray]:
        """Every pair, the strongest penalty first, so that it wins a tie.

        Returns
        -------
        tuple of FloatArray
            alpha, l1_ratio.
        """
        alphas = sorted(self.alphas, reverse=True)
        pairs = [(a, share) for a in alphas for share in sorted(self.l1_ratios)[::-1]]
        array = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return array[:, 0], array[:, 1]


@dataclass(frozen=True)
class _Moments:
    """Correlations within and between both sides, for problems side by side."""

    xx: FloatArray  # (n_problems or 1, n_x, n_x)
    yy: FloatArray
    xy: FloatArray  # (n_problems, n_x, n_y)


def fit_sparse_cca(
    x: pd.DataFrame | FloatArray,
    y: pd.DataFrame | FloatArray,
    grid: PenaltyGrid | None = None,
    *,
    n_permutations: int = 0,
    seed: int = 0,
    groups: Any = None,
) -> CCAResult:
    """Find the two sparse weighted sums that correlate best in data left out.

    Rows with a missing value are left out and counted; columns are z-scored (in the
    cross-validation with mean and deviation of the training rows).

    Parameters
    ----------
    x, y
        (n_rows, n_x) and (n_rows, n_y).
    grid
        Penalties to choose from; `PenaltyGrid()` by default. One pair is taken as it
        is.
    n_permutations
        Draws of the test; the penalty is held at the one chosen.
    seed
        Of folds and draws.
    groups
        Session or subject of each row: never parted by a fold, and moved as a whole
        by a permutation, as in `fit_cca`.

    Returns
    -------
    CCAResult
        With one component; `penalty` and `cross_validation` (alpha, l1_ratio, r held
        out, n_failed folds in which no weight was left) are filled.

    Raises
    ------
    GroupFault
        If fewer than 4 rows are complete, one side does not vary, there is one group,
        or every penalty leaves no weight.
    AnalysisError
        If x, y and groups are unlike in length.

    Notes
    -----
    In turn, w_x = argmin ‖t_y - X·w‖²/(2n) + A·(L·‖w‖₁ + (1 - L)·‖w‖²/2) with the
    score t_y = Y·w_y of unit variance, A alpha and L l1_ratio; then the same for w_y,
    until neither changes (Waaijenborg, Verselewel de Witt Hamer and Zwinderman, Stat.
    Appl. Genet. Mol. Biol. 7:3, 2008), by coordinate descent, from the solution for
    L = 0, which is exact: the first singular vectors of
    (Sxx + A·I)^-½·Sxy·(Syy + A·I)^-½. At A = 0 it is `fit_cca`. Weights are of unit
    norm.

    The penalty is that with the highest correlation of the scores of rows left out,
    pooled over folds, about 0 (so that the free sign of a fold has no part in it).
    This r is the best of many, so a little too high.
    """
    tables, complete, kept = prepare_pair(x, y, groups)
    grid = PenaltyGrid() if grid is None else grid
    left, right = (table.to_numpy() for table in tables)
    table = _cross_validate(left, right, grid, kept, seed)
    alphas, shares = table["alpha"].to_numpy(), table["l1_ratio"].to_numpy()
    all_u, all_v = _solve(_compute_moments(left, right), alphas, shares)
    # What leaves no weight on all rows is no answer, however well it did in folds.
    usable = all_u.any(axis=1) & all_v.any(axis=1) & table["r"].notna().to_numpy()
    if not usable.any():
        raise GroupFault(
            "every penalty of the grid leaves no weight.",
            found=f"alphas {grid.alphas}, l1_ratios {grid.l1_ratios}",
            mend="give weaker penalties",
        )
    best = int(np.argmax(np.where(usable, table["r"], -np.inf)))
    chosen = (alphas[[best]], shares[[best]])
    provenance = make_provenance(
        "fit_sparse_cca",
        {
            "alphas": list(grid.alphas),
            "l1_ratios": list(grid.l1_ratios),
            "n_folds": grid.n_folds,
            "n_permutations": n_permutations,
            "seed": seed,
            "by_group": groups is not None,
        },
        n_rows=len(left),
        n_dropped=int((~complete).sum()),
    )
    result = replace(
        make_cca_result(tables, all_u[[best]].T, all_v[[best]].T, provenance),
        penalty={"alpha": float(alphas[best]), "l1_ratio": float(shares[best])},
        cross_validation=table,
        is_saturated=False,
    )

    def correlate(orders: IntArray) -> FloatArray:
        return _correlate_orders(left, right, orders, chosen)

    return add_permutation_test(result, correlate, n_permutations, seed, kept)


def _correlate_orders(
    x: FloatArray, y: FloatArray, orders: IntArray, penalty: tuple[Any, Any]
) -> FloatArray:
    once = _compute_moments(x, y)
    moments = _Moments(once.xx, once.yy, x.T @ y[orders] / len(x))
    alpha, share = (np.repeat(value, len(orders)) for value in penalty)
    u, v = _solve(moments, alpha, share)
    together = np.einsum("bi,bij,bj->b", u, moments.xy, v)
    # A draw in which no weight is left has found no correlation: 0, not a failure.
    return np.abs(together)


def _cross_validate(
    x: FloatArray, y: FloatArray, grid: PenaltyGrid, groups: Any, seed: int
) -> pd.DataFrame:
    alphas, shares = grid.to_arrays()
    table = pd.DataFrame({"alpha": alphas, "l1_ratio": shares, "r": 0.0})
    if len(table) == 1:  # nothing to choose
        return table.assign(n_failed=0)
    folds = _assign_folds(len(x), grid.n_folds, groups, seed)
    sums = np.zeros((3, len(table)))
    n_failed = np.zeros(len(table), dtype=np.int64)
    for fold in range(folds.max() + 1):
        held = folds == fold
        (x_in, x_out), (y_in, y_out) = (_scale_by(side, held) for side in (x, y))
        u, v = _solve(_compute_moments(x_in, y_in), alphas, shares)
        t_x, t_y = x_out @ u.T, y_out @ v.T
        sums += [np.sum(a * b, axis=0) for a, b in ((t_x, t_y), (t_x, t_x), (t_y, t_y))]
        n_failed += ~(u.any(axis=1) & v.any(axis=1))
    norms = np.sqrt(sums[1] * sums[2])
    r = np.full(len(table), np.nan)
    np.divide(sums[0], norms, out=r, where=norms > 0)
    return table.assign(r=r, n_failed=n_failed)


def _assign_folds(n_rows: int, n_folds: int, groups: Any, seed: int) -> IntArray:
    names = np.arange(n_rows) if groups is None else groups
    unique, inverse = np.unique(names, return_inverse=True)
    count = min(n_folds, len(unique))
    if count < 2:
        raise GroupFault(
            "a cross-validation needs two groups or more.",
            found=f"{len(unique)} groups, {n_folds} folds",
            mend="give more sessions or subjects, or one penalty",
        )
    fold_of = np.random.default_rng(seed).permutation(len(unique)) % count
    return np.asarray(fold_of[inverse], dtype=np.int64)


def _scale_by(side: FloatArray, held: Any) -> tuple[FloatArray, FloatArray]:
    inside, mean, scale = scale_columns(side[~held])
    outside = (side[held] - mean) / scale
    outside[:, ~inside.any(axis=0)] = 0.0  # constant in training: says nothing
    return inside, outside


def _compute_moments(x: FloatArray, y: FloatArray) -> _Moments:
    n = len(x)
    return _Moments((x.T @ x / n)[None], (y.T @ y / n)[None], (x.T @ y / n)[None])


def _solve(
    moments: _Moments, alpha: FloatArray, share: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weights of each problem, scores of unit variance; zeros where none is left."""
    n_problems = max(len(alpha), len(moments.xy))
    xy = np.broadcast_to(moments.xy, (n_problems, *moments.xy.shape[1:]))
    u, v = _solve_ridge(moments, xy, alpha)
    sparse = np.flatnonzero(share > 0)
    if sparse.size:
        u[sparse], v[sparse] = _alternate(
            _Moments(moments.xx[0], moments.yy[0], xy[sparse]),
            (u[sparse], v[sparse]),
            alpha[sparse] * share[sparse],
            alpha[sparse] * (1 - share[sparse]),
        )
    return u, v


def _solve_ridge(
    moments: _Moments, xy: FloatArray, alpha: FloatArray
) -> tuple[FloatArray, FloatArray]:
    root_x = _invert_root(moments.xx, alpha)
    root_y = _invert_root(moments.yy, alpha)
    left, _, right = np.linalg.svd(root_x @ xy @ root_y, full_matrices=False)
    u = np.einsum("bij,bj->bi", root_x, left[:, :, 0])
    v = np.einsum("bij,bj->bi", root_y, right[:, 0])
    return _normalise(u, moments.xx[0]), _normalise(v, moments.yy[0])


def _invert_root(matrix: FloatArray, alpha: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    shifted = values + alpha[:, None]
    root = np.zeros_like(shifted)
    np.divide(1.0, np.sqrt(np.abs(shifted)), out=root, where=shifted > 1e-12)
    return (vectors * root[:, None, :]) @ np.swapaxes(vectors, 1, 2)


def _alternate(
    moments: _Moments,
    start: tuple[FloatArray, FloatArray],
    lasso: FloatArray,
    ridge: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    u, v = (side.copy() for side in start)
    raw_u, raw_v = u.copy(), v.copy()  # before scaling: where the descent goes on
    active = np.arange(len(u))
    for _ in range(_MOST_ROUNDS):
        before = np.concatenate([u[active], v[active]], axis=1)
        penalties = (lasso[active], ridge[active])
        target = np.einsum("bij,bj->bi", moments.xy[active], v[active])
        raw_u[active] = _descend(moments.xx, target, raw_u[active], penalties)
        u[active] = _normalise(raw_u[active], moments.xx)
        target = np.einsum("bij,bi->bj", moments.xy[active], u[active])
        raw_v[active] = _descend(moments.yy, target, raw_v[active], penalties)
        v[active] = _normalise(raw_v[active], moments.yy)
        after = np.concatenate([u[active], v[active]], axis=1)
        active = active[np.abs(after - before).max(axis=1) > _TOLERANCE]
        if not active.size:
            break
    empty = ~(u.any(axis=1) & v.any(axis=1))
    u[empty], v[empty] = 0.0, 0.0
    return u, v


def _descend(
    within: FloatArray,
    target: FloatArray,
    weights: FloatArray,
    penalties: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """One round of coordinate descent of an elastic net, all problems at once."""
    lasso, ridge = penalties
    rest = target - weights @ within
    for j in range(within.shape[0]):
        if within[j, j] == 0:
            weights[:, j] = 0.0
            continue
        old = weights[:, j].copy()
        pull = rest[:, j] + within[j, j] * old
        shrunk = np.sign(pull) * np.maximum(np.abs(pull) - lasso, 0.0)
        weights[:, j] = shrunk / (within[j, j] + ridge)
        rest -= (weights[:, j] - old)[:, None] * within[j]
    return weights


def _normalise(weights: FloatArray, within: FloatArray) -> FloatArray:
    size = np.sqrt(np.maximum(np.sum((weights @ within) * weights, axis=1), 0.0))
    scaled = np.zeros_like(weights)
    return np.divide(weights, size[:, None], out=scaled, where=size[:, None] > 1e-12)
