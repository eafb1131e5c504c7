"""Canonical correlation of two sets of variables, with a permutation test.

Singular values of the product of two orthonormal bases are the canonical correlations
(Björck and Golub, Math. Comput. 27:579, 1973). A permutation leaves the bases as they
are but for the order of rows, so that it costs one small product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._complete import (
    check_n_components,
    check_n_rows,
    find_complete,
    scale_columns,
    to_names,
    to_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "CCAResult",
    "add_permutation_test",
    "draw_row_orders",
    "fit_cca",
    "make_cca_result",
    "prepare_pair",
]

_LEAST_ROWS = 4
_DRAWS_AT_ONCE = 256


@dataclass(frozen=True)
class CCAResult:
    """Two weighted sums that go together best.

    Parameters
    ----------
    x_weights, y_weights
        (n_features, n_components), on z-scored variables, each column of norm 1.
    x_scores, y_scores
        (n_complete, n_components): z-scored variables times weights.
    x_loadings, y_loadings
        Correlation of each variable with the scores of its own side.
    r
        Correlation of the scores, (n_components,).
    p_value
        Of the permutation test, (n_components,); NaN without one.
    null_r
        Largest correlation of each successful permutation, (n_permutations,).
    x_variance_extracted, y_variance_extracted
        Mean squared loading, (n_components,): share of its own side that a
        component stands for.
    x, y
        The z-scored variables of the complete rows.
    is_saturated
        Whether there are so many variables that r is 1 whatever the data are.
    n_dropped
        Rows left out since a value is missing.
    n_failed
        Permutations that gave no number; not in the denominator.
    penalty
        Of a penalised fit: alpha, l1_ratio; else empty.
    cross_validation
        Of a penalised fit: alpha, l1_ratio, r (held out); else empty.
    provenance
        Method, parameters, n, code.
    """

    x_weights: pd.DataFrame
    y_weights: pd.DataFrame
    x_scores: pd.DataFrame
    y_scores: pd.DataFrame
    x_loadings: pd.DataFrame
    y_loadings: pd.DataFrame
    r: FloatArray
    p_value: FloatArray
    null_r: FloatArray
    x_variance_extracted: FloatArray
    y_variance_extracted: FloatArray
    x: pd.DataFrame
    y: pd.DataFrame
    is_saturated: bool
    n_dropped: int
    n_failed: int
    penalty: Mapping[str, float]
    cross_validation: pd.DataFrame
    provenance: Provenance


def fit_cca(
    x: pd.DataFrame | FloatArray,
    y: pd.DataFrame | FloatArray,
    n_components: int = 1,
    *,
    n_permutations: int = 1000,
    seed: int = 0,
    shuffle_groups: Any = None,
) -> CCAResult:
    """Find the weighted sums of `x` and of `y` that correlate best.

    Rows with a missing value on either side are left out and counted; columns are
    z-scored (ddof 0). Signs are such that the largest weight of x is positive and
    the correlation is positive.

    Parameters
    ----------
    x, y
        (n_rows, n_x) and (n_rows, n_y), such as coefficients of recordings and
        psychometric parameters of the same.
    n_components
        Pairs of weighted sums, each uncorrelated with those before.
    n_permutations
        Draws of the test; 0 for none.
    seed
        Of the draws.
    shuffle_groups
        Session (or block) of each row. When given, rows of y are moved only as whole
        groups, between groups with as many complete rows.

    Returns
    -------
    CCAResult

    Raises
    ------
    GroupFault
        If fewer than 4 rows are complete, one side does not vary, or
        `shuffle_groups` leave nothing to be moved.
    AnalysisError
        If x, y and groups are unlike in length, or more components are asked for
        than there are.

    Notes
    -----
    p = (1 + #{r* ≥ r})/(1 + number of successful draws) (Phipson and Smyth, Stat.
    Appl. Genet. Mol. Biol. 9:39, 2010), where r* is the largest correlation of a
    draw, for later components too: family-wise over components, conservative for
    the later ones (Winkler et al., NeuroImage 220:117065, 2020).

    With n rows and rank(x) + rank(y) ≥ n, r is 1 whatever the data are, and p is 1:
    `is_saturated`. Use `fit_sparse_cca` then.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(50, 3))
    >>> y = np.column_stack([x[:, 1] + rng.normal(size=50), rng.normal(size=50)])
    >>> result = fit_cca(x, y, n_permutations=99)
    >>> result.x_weights["CC1"].abs().idxmax(), float(result.p_value[0])
    ('x1', 0.01)
    """
    tables, complete, groups = prepare_pair(x, y, shuffle_groups)
    bases = [_find_basis(table.to_numpy()) for table in tables]
    (q_x, back_x), (q_y, back_y) = bases
    check_n_components(n_components, min(q_x.shape[1], q_y.shape[1]))
    left, _, right = np.linalg.svd(q_x.T @ q_y)
    result = make_cca_result(
        tables,
        back_x @ left[:, :n_components],
        back_y @ right.T[:, :n_components],
        make_provenance(
            "fit_cca",
            {
                "n_components": n_components,
                "n_permutations": n_permutations,
                "seed": seed,
                "by_group": shuffle_groups is not None,
            },
            n_rows=len(tables[0]),
            n_dropped=int((~complete).sum()),
        ),
    )

    def correlate(orders: IntArray) -> FloatArray:
        products = q_x.T @ q_y[orders]
        singular = np.linalg.svd(products, compute_uv=False)
        return np.minimum(singular[:, 0], 1.0)

    return add_permutation_test(result, correlate, n_permutations, seed, groups)


def prepare_pair(
    x: Any, y: Any, groups: Any = None
) -> tuple[list[pd.DataFrame], BoolArray, Any]:
    """Z-score the complete rows of both sides; tell which they are, and their group."""
    tables = [to_table(x, "x"), to_table(y, "y")]
    check_n_rows("y", tables[0], tables[1])
    if groups is not None:
        check_n_rows("groups", tables[0], groups)
    complete = find_complete(tables, _LEAST_ROWS, "a canonical correlation", groups)
    scaled: list[pd.DataFrame] = []
    for table in tables:
        z, _, _ = scale_columns(table.to_numpy()[complete])
        if not z.any():
            raise GroupFault(
                "a canonical correlation needs variables that vary.",
                found=f"{', '.join(str(name) for name in table)}: constant",
                mend="look at the fits that the variables come from",
            )
        scaled.append(
            pd.DataFrame(z, index=table.index[complete], columns=table.columns)
        )
    return scaled, complete, None if groups is None else to_names(groups)[complete]


def make_cca_result(
    tables: list[pd.DataFrame],
    x_weights: FloatArray,
    y_weights: FloatArray,
    provenance: Provenance,
) -> CCAResult:
    """Scores, loadings and correlations of weights; no test yet."""
    x, y = (table.to_numpy() for table in tables)
    x_weights, y_weights = _fix_scale(x_weights), _fix_scale(y_weights)
    largest = np.argmax(np.abs(x_weights), axis=0)
    flip = np.sign(x_weights[largest, np.arange(x_weights.shape[1])])
    x_weights = x_weights * np.where(flip == 0, 1.0, flip)
    r = _correlate_columns(x @ x_weights, y @ y_weights)
    y_weights = y_weights * np.where(r < 0, -1.0, 1.0)
    names = pd.Index([f"CC{k + 1}" for k in range(len(r))])
    ranks = sum(int(np.linalg.matrix_rank(table)) for table in (x, y))
    parts: dict[str, Any] = {}
    for side, table, weights in (
        ("x", tables[0], x_weights),
        ("y", tables[1], y_weights),
    ):
        scores = table.to_numpy() @ weights
        loadings = _correlate_all(table.to_numpy(), scores)
        parts[f"{side}_weights"] = pd.DataFrame(
            weights, index=table.columns, columns=names
        )
        parts[f"{side}_scores"] = pd.DataFrame(scores, index=table.index, columns=names)
        parts[f"{side}_loadings"] = pd.DataFrame(
            loadings, index=table.columns, columns=names
        )
        parts[f"{side}_variance_extracted"] = np.mean(loadings**2, axis=0)
        parts[side] = table
    return CCAResult(
        **parts,
        r=np.abs(r),
        p_value=np.full(len(r), np.nan),
        null_r=np.empty(0),
        is_saturated=ranks >= len(x),
        n_dropped=provenance.n["n_dropped"],
        n_failed=0,
        penalty={},
        cross_validation=pd.DataFrame(columns=pd.Index(["alpha", "l1_ratio", "r"])),
        provenance=provenance,
    )


def add_permutation_test(
    result: CCAResult,
    correlate: Callable[[IntArray], FloatArray],
    n_permutations: int,
    seed: int,
    groups: Any = None,
) -> CCAResult:
    """Test the correlations; `correlate` gives one number for each order of rows."""
    if n_permutations == 0:
        return result
    drawn = [
        correlate(orders)
        for orders in draw_row_orders(len(result.x), n_permutations, seed, groups)
    ]
    null = np.concatenate(drawn)
    good = null[np.isfinite(null)]
    # Equal but for rounding counts as equal, or a saturated fit would have p < 1.
    reached = good[:, None] >= result.r[None, :] - 1e-10
    n_failed = int(null.size - good.size)
    provenance = replace(
        result.provenance,
        n={**result.provenance.n, "n_permutations": good.size, "n_failed": n_failed},
    )
    return replace(
        result,
        p_value=(reached.sum(axis=0) + 1.0) / (good.size + 1.0),
        null_r=good,
        n_failed=n_failed,
        provenance=provenance,
    )


def draw_row_orders(
    n_rows: int, n_draws: int, seed: int, groups: Any = None
) -> Iterator[IntArray]:
    """Draw orders of rows, (n at once, n_rows); whole groups only, if given."""
    rng = np.random.default_rng(seed)
    swaps = [np.arange(n_rows)[:, None]] if groups is None else _list_swaps(groups)
    for start in range(0, n_draws, _DRAWS_AT_ONCE):
        count = min(_DRAWS_AT_ONCE, n_draws - start)
        orders = np.tile(np.arange(n_rows), (count, 1))
        for members in swaps:  # (n_groups, rows of each): groups that may be swapped
            keys = rng.random((count, len(members)))
            shuffled = members[np.argsort(keys, axis=1)]
            orders[:, members.ravel()] = shuffled.reshape(count, -1)
        yield orders


def _list_swaps(groups: Any) -> list[IntArray]:
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    sizes = sorted({len(rows) for rows in members})
    swaps = [np.stack([m for m in members if len(m) == size]) for size in sizes]
    if all(len(rows) < 2 for rows in swaps):
        raise GroupFault(
            "no two groups of rows can be swapped.",
            found=f"{len(members)} groups of {', '.join(map(str, sizes))} rows",
            wanted="two groups of the same size, or more",
            mend="give groups of the same size, or leave out `shuffle_groups`",
        )
    return swaps


def _find_basis(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Orthonormal basis of the columns, and what turns it back into weights."""
    left, singular, right = np.linalg.svd(z, full_matrices=False)
    rank = int(np.sum(singular > singular[0] * max(z.shape) * np.finfo(float).eps))
    return left[:, :rank], right[:rank].T / singular[:rank]


def _fix_scale(weights: FloatArray) -> FloatArray:
    norm = np.linalg.norm(weights, axis=0)
    return weights / np.where(norm > 0, norm, 1.0)


def _correlate_columns(a: FloatArray, b: FloatArray) -> FloatArray:
    norms = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    with np.errstate(invalid="ignore"):
        return np.clip(np.sum(a * b, axis=0) / norms, -1.0, 1.0)


def _correlate_all(a: FloatArray, b: FloatArray) -> FloatArray:
    norms = np.outer(np.linalg.norm(a, axis=0), np.linalg.norm(b, axis=0))
    return np.divide(a.T @ b, norms, out=np.zeros_like(norms), where=norms > 0)
