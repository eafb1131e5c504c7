"""Smooth curves and their joint bands: what turns pointwise fits into a curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray

__all__ = ["find_joint_quantile", "make_psd", "make_smoothers"]

_LEAST_POINTS = 8
_MOST_BASIS = 200
_UNDERSMOOTHING = 0.1
_PENALTIES = 10.0 ** np.linspace(-6.0, 8.0, 57)


def make_smoothers(
    curves: FloatArray, x: FloatArray, penalty: float | None
) -> tuple[list[FloatArray], FloatArray]:
    """Make the matrix that smooths each curve.

    Parameters
    ----------
    curves
        (n_curves, n_points).
    x
        Where the points are, rising, (n_points,).
    penalty
        Of the second differences of the coefficients; chosen by generalised
        cross-validation for each curve if None.

    Returns
    -------
    list of FloatArray
        (n_points, n_points) for each curve; the identity below eight points.
    FloatArray
        Penalty of each curve; 0 for none.

    Notes
    -----
    P-splines: Eilers & Marx, Stat Sci 11:89 (1996), cubic, one basis function for each
    point and at most 200: with fewer, what is narrow is cut. Diagonal in the basis of
    Demmler & Reinsch, Numer Math 24:375 (1975): each penalty costs one product.
    A tenth of the penalty that generalised cross-validation chooses is used: the best
    curve is biased by about its standard error where it bends, and no band covers then
    (Hall, Ann Stat 20:675 (1992)).
    """
    n_points = len(x)
    if n_points < _LEAST_POINTS:
        return [np.eye(n_points) for _ in curves], np.zeros(len(curves))
    modes, roughness = _find_modes(x)
    penalties = _PENALTIES if penalty is None else np.array([float(penalty)])
    kept = 1.0 / (1.0 + penalties[:, None] * roughness)
    smoothers: list[FloatArray] = []
    chosen = np.zeros(len(curves))
    for i, curve in enumerate(curves):
        fitted = (kept * (modes.T @ curve)) @ modes.T
        rss = ((curve - fitted) ** 2).sum(axis=1)
        best = int((rss / (n_points - kept.sum(axis=1)) ** 2).argmin())
        chosen[i] = penalties[best] * (_UNDERSMOOTHING if penalty is None else 1.0)
        smoothers.append((modes / (1.0 + chosen[i] * roughness)) @ modes.T)
    return smoothers, chosen


def make_psd(matrix: FloatArray) -> FloatArray:
    """Give the nearest covariance: negative eigenvalues become 0.

    Parameters
    ----------
    matrix
        Symmetric but for rounding.

    Returns
    -------
    FloatArray
    """
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T


def find_joint_quantile(
    covariance: FloatArray, level: float, n_draws: int, rng: np.random.Generator
) -> float:
    """Find how many standard errors hold a whole curve with a given probability.

    Parameters
    ----------
    covariance
        Of the points of the curve.
    level
        0.95.
    n_draws
        Curves drawn of the normal distribution.
    rng
        Where they come from.

    Returns
    -------
    float
        Quantile of max|z| over the curve; never below the pointwise one.
    """
    from scipy.special import ndtri

    pointwise = float(ndtri(0.5 + level / 2))
    se = np.sqrt(np.diag(covariance))
    moving = se > 0
    if not moving.any():
        return pointwise
    correlation = covariance[np.ix_(moving, moving)] / np.outer(se[moving], se[moving])
    values, vectors = np.linalg.eigh(correlation)
    values = np.maximum(values, 0.0)
    # The modes of all but a millionth of the variance; smooth curves have few.
    first = int(np.searchsorted(np.cumsum(values), 1e-6 * values.sum()))
    root = vectors[:, first:] * np.sqrt(values[first:])
    root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
    draws = rng.standard_normal((n_draws, root.shape[1])) @ root.T
    return max(float(np.quantile(np.abs(draws).max(axis=1), level)), pointwise)


def _find_modes(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give orthonormal curves in the span of the splines, and the roughness of each."""
    from scipy.interpolate import BSpline
    from scipy.linalg import eigh

    n_basis = min(len(x), _MOST_BASIS)
    inner = np.linspace(x[0], x[-1], n_basis - 2)
    step = inner[1] - inner[0]
    knots = np.concatenate(
        (x[0] - step * np.arange(3, 0, -1), inner, x[-1] + step * np.arange(1, 4))
    )
    basis = BSpline.design_matrix(x, knots, 3, extrapolate=True).toarray()
    gram = basis.T @ basis
    gram += np.eye(n_basis) * 1e-10 * np.trace(gram) / n_basis  # bases without a point
    difference = np.diff(np.eye(n_basis), 2, axis=0)
    roughness, vectors = eigh(difference.T @ difference, gram)
    roughness[:2] = 0.0  # straight lines have none, but for rounding
    return basis @ vectors, np.maximum(roughness, 0.0)
