"""Principal and independent components of coefficients, and how they part targets."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._anova import (
    kruskal_wallis_groups,
    pairwise_mannwhitney,
)
from ranvier.analysis.statistics._complete import (
    check_n_components,
    check_n_rows,
    find_complete,
    scale_columns,
    to_names,
    to_table,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import BoolArray, FloatArray

__all__ = ["Decomposition", "compare_scores_by_target", "fit_ica", "fit_pca"]

_INTERCEPTS = ("intercept", "Intercept", "const")
_LEAST_ROWS = 3


@dataclass(frozen=True)
class Decomposition:
    """Components of a table of coefficients (recordings × predictors).

    Parameters
    ----------
    components
        Weights, (n_components, n_features); the largest of each row is positive.
    scores
        (n_complete, n_components), index of the complete rows.
    explained_variance_ratio
        Share of the variance of the z-scored table, largest first.
    mean, scale
        Of each feature, as taken off and divided by.
    converged
        Whether the algorithm came to an end (PCA always does).
    n_dropped
        Rows left out since a coefficient is missing.
    provenance
        Method, parameters, n, code.
    """

    components: pd.DataFrame
    scores: pd.DataFrame
    explained_variance_ratio: pd.Series
    mean: pd.Series
    scale: pd.Series
    converged: bool
    n_dropped: int
    provenance: Provenance


def fit_pca(
    coefficients: pd.DataFrame | FloatArray,
    *,
    n_components: int | None = None,
    cohorts: Any = None,
) -> Decomposition:
    """Find the principal components of coefficients of many recordings.

    Columns are z-scored (ddof 0), a column named intercept is left out, rows with a
    missing value are left out and counted.

    Parameters
    ----------
    coefficients
        One row a recording, one column a predictor, (n_recordings, n_features).
    n_components
        How many to keep; all by default.
    cohorts
        Target of each recording. When given, each cohort has the same total weight,
        however many recordings it has: rows weigh 1/n of their cohort, in the mean
        and deviation of the columns as well as in the decomposition.

    Returns
    -------
    Decomposition

    Raises
    ------
    GroupFault
        If fewer than 3 rows are complete, or nothing varies.
    AnalysisError
        If more components are asked for than there are.

    Notes
    -----
    z = (x - mean)/SD; diag(√w)·z = U·S·Vᵀ; components are rows of Vᵀ, scores z·V,
    explained variance S²/ΣS² (Jolliffe, Principal Component Analysis, 2002, 2.3 and
    14.2.1 for weights).

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 4.1], [3.0, 5.9], [4.0, 8.0]])
    >>> fit_pca(x).explained_variance_ratio.round(3).to_list()
    [1.0, 0.0]
    """
    table, complete = _prepare(coefficients, "a PCA", cohorts)
    n_dropped = int((~complete).sum())
    weights = np.ones(len(table))
    if cohorts is not None:
        weights = _weigh_cohorts(to_names(cohorts)[complete])
    z, mean, scale = scale_columns(table.to_numpy(), weights)
    _, singular, right = np.linalg.svd(z * np.sqrt(weights)[:, None], False)
    count = len(singular) if n_components is None else n_components
    check_n_components(count, len(singular))
    components = _fix_signs(right[:count])
    ratio = singular**2 / _check_variance(np.sum(singular**2))
    return _pack(
        table,
        components,
        z @ components.T,
        ratio[:count],
        {
            "mean": mean,
            "scale": scale,
            "converged": True,
            "n_dropped": n_dropped,
            "provenance": make_provenance(
                "fit_pca",
                {"n_components": count, "cohort_weighted": cohorts is not None},
                n_recordings=len(table),
                n_dropped=n_dropped,
            ),
        },
    )


def fit_ica(
    coefficients: pd.DataFrame | FloatArray,
    *,
    n_components: int | None = None,
    seed: int = 0,
    max_iter: int = 1000,
) -> Decomposition:
    """Find independent components of coefficients of many recordings.

    Parameters
    ----------
    coefficients
        As of `fit_pca`.
    n_components
        How many; as many as the rank of the table by default.
    seed
        Of the start.
    max_iter
        Iterations at most; `converged` tells if they were enough.

    Returns
    -------
    Decomposition
        Sorted by explained variance. A component is a row of the mixing matrix, so
        that z ≈ scores · components; scores have unit variance.

    Raises
    ------
    GroupFault
        If fewer than 3 rows are complete, or nothing varies.
    AnalysisError
        If more components are asked for than the rank of the table.

    Notes
    -----
    FastICA (Hyvärinen and Oja, Neural Networks 13:411, 2000) of scikit-learn on the
    z-scored table; scores = z·pinv(components); explained variance of a component is
    var(score)·‖component‖² over the variance of the table.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    table, complete = _prepare(coefficients, "an ICA")
    n_dropped = int((~complete).sum())
    z, mean, scale = scale_columns(table.to_numpy())
    total = _check_variance(np.sum(z.var(axis=0)))
    rank = int(np.linalg.matrix_rank(z))
    count = rank if n_components is None else n_components
    check_n_components(count, rank)
    ica = FastICA(
        count, whiten="unit-variance", random_state=seed, max_iter=max_iter, tol=1e-6
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        ica.fit(z)
    mixing = np.asarray(ica.mixing_, dtype=np.float64).T
    scores = z @ np.linalg.pinv(mixing)
    ratio = scores.var(axis=0) * np.sum(mixing**2, axis=1) / total
    order = np.argsort(-ratio, kind="stable")
    components = _fix_signs(mixing[order])
    return _pack(
        table,
        components,
        z @ np.linalg.pinv(components),
        ratio[order],
        {
            "mean": mean,
            "scale": scale,
            "converged": not any(
                issubclass(w.category, ConvergenceWarning) for w in caught
            ),
            "n_dropped": n_dropped,
            "provenance": make_provenance(
                "fit_ica",
                {"n_components": count, "seed": seed, "max_iter": max_iter},
                n_recordings=len(table),
                n_dropped=n_dropped,
            ),
        },
    )


def compare_scores_by_target(
    scores: pd.DataFrame, targets: Any, *, subjects: Any = None
) -> pd.DataFrame:
    """Test whether scores of components differ between targets.

    Parameters
    ----------
    scores
        (n_recordings, n_components), as of `Decomposition`.
    targets
        Target of each row.
    subjects
        Subject of each row. When given, the scores of a subject within a target are
        averaged first, so that many recordings of one subject count once.

    Returns
    -------
    pandas.DataFrame
        One row a component and test: component, test (kruskal_wallis over all
        targets, mann_whitney for each pair), group_a, group_b (empty for all),
        statistic, p, p_corrected (Holm, over the pairs of one component), effect
        (rank biserial, of a pair), n_a, n_b (for all: total and 0), n_left_out
        (scores missing, or of a target with one only).

    Raises
    ------
    GroupFault
        If fewer than two targets have two scores.
    AnalysisError
        If targets or subjects are not as long as the scores.

    Notes
    -----
    `kruskal_wallis_groups` and `pairwise_mannwhitney`, component by component.

    Examples
    --------
    >>> scores = pd.DataFrame({"PC1": [0.0, 1, 2, 10, 11, 12]})
    >>> stats = compare_scores_by_target(scores, list("aaabbb"))
    >>> stats[["test", "statistic", "p"]].round(3).to_numpy().tolist()
    [['kruskal_wallis', 3.857, 0.05], ['mann_whitney', 0.0, 0.1]]
    """
    check_n_rows("targets", scores, targets)
    table = scores.reset_index(drop=True)
    names = np.asarray(targets, dtype=object)
    if subjects is not None:
        check_n_rows("subjects", scores, subjects)
        people = np.asarray(subjects, dtype=object)
        table = table.groupby([names, people]).mean()
        names = table.index.get_level_values(0).to_numpy()
    parts = [_test_component(table[name], names) for name in table.columns]
    return pd.concat(parts, ignore_index=True)


def _prepare(
    coefficients: Any, what: str, cohorts: Any = None
) -> tuple[pd.DataFrame, BoolArray]:
    table = to_table(coefficients).drop(columns=list(_INTERCEPTS), errors="ignore")
    if cohorts is not None:
        check_n_rows("cohorts", table, cohorts)
    complete = find_complete([table], _LEAST_ROWS, what, cohorts)
    return table[complete], complete


def _weigh_cohorts(cohorts: Any) -> FloatArray:
    _, inverse, counts = np.unique(cohorts, return_inverse=True, return_counts=True)
    weights = 1.0 / counts[inverse]
    return np.asarray(weights * len(weights) / weights.sum(), dtype=np.float64)


def _check_variance(total: float) -> float:
    if not total > 0:
        raise GroupFault(
            "all recordings have the same coefficients.",
            mend="look at the fits that the coefficients come from",
        )
    return float(total)


def _fix_signs(components: FloatArray) -> FloatArray:
    # LAPACK is free in the sign; ours does not depend on it.
    largest = np.argmax(np.abs(components), axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return components * np.where(signs == 0, 1.0, signs)[:, None]


def _pack(
    table: pd.DataFrame,
    components: FloatArray,
    scores: FloatArray,
    ratio: FloatArray,
    rest: dict[str, Any],
) -> Decomposition:
    letters = "IC" if rest["provenance"].method == "fit_ica" else "PC"
    names = pd.Index([f"{letters}{k + 1}" for k in range(len(components))])
    rest["mean"] = pd.Series(rest["mean"], index=table.columns)
    rest["scale"] = pd.Series(rest["scale"], index=table.columns)
    return Decomposition(
        components=pd.DataFrame(components, index=names, columns=table.columns),
        scores=pd.DataFrame(scores, index=table.index, columns=names),
        explained_variance_ratio=pd.Series(ratio, index=names),
        **rest,
    )


def _test_component(scores: pd.Series, targets: Any) -> pd.DataFrame:
    values = scores.to_numpy(dtype=np.float64)
    overall = kruskal_wallis_groups(values, targets)
    if overall["n_groups"] < 2:
        raise GroupFault(
            f"scores of {scores.name} can't be compared: too few targets have two.",
            found=", ".join(map(str, pd.unique(pd.Series(targets)))) or "none",
            wanted="two targets or more, with two scores or more",
        )
    first = {
        "test": "kruskal_wallis",
        "group_a": "",
        "group_b": "",
        "statistic": overall["H"],
        "p": overall["p"],
        "p_corrected": overall["p"],
        "effect": np.nan,
        "n_a": int(overall["n"]),
        "n_b": 0,
    }
    pairs = pairwise_mannwhitney(values, targets).rename(columns={"U": "statistic"})
    rows = [first, *pairs.assign(test="mann_whitney").to_dict("records")]
    table = pd.DataFrame(rows)
    table.insert(0, "component", str(scores.name))
    return table.assign(n_left_out=len(scores) - int(overall["n"]))
