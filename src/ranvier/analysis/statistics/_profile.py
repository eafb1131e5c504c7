"""The profile likelihood of random-intercept models, for many models at once.

With θ = random variance / residual variance, the likelihood has closed-form best β and
residual variance, so the search is over one number. A grid finds the basin, the root of
the analytic derivative the optimum. Folds, time points and models go through together.

Formulas: Lindstrom & Bates, J Am Stat Assoc 83:1014 (1988), for V = I + θ 11ᵀ within a
subject, whose inverse is I - θ/(1 + nθ) 11ᵀ (Woodbury).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FittedModel", "Moments", "Profile", "find_deficient", "maximise_profile"]

# θ from none to ten million: half decades, as the basin is never narrower in log θ.
_GRID = np.concatenate(([0.0], 10.0 ** np.arange(-9.0, 7.01, 0.5)))
_NEGLIGIBLE = 1e-6
_FINE = np.linspace(0.0, 1.0, 24)
_N_STEPS = 60
_RANK_TOLERANCE = 1e-11
"""Least eigenvalue of the Gram matrix of unit columns; below it, a column is a sum of
others (its square root is the distance from their span)."""
_EXPLAINED = 1e-13
"""Residual sum of squares over that of the response, below which none is left: rounding
leaves about 1e-16 of it."""


@dataclass(frozen=True)
class Moments:
    """Sums of products of B problems over J subjects; any may have one for all (1, …).

    Parameters
    ----------
    xx, xy, yy
        Over all subjects: (B, p, p), (B, p), (B,).
    sx, sy, n
        Sums of each subject: (B, J, p), (B, J), (B, J). A subject left out has n = 0.
    """

    xx: FloatArray
    xy: FloatArray
    yy: FloatArray
    sx: FloatArray
    sy: FloatArray
    n: FloatArray

    def take(self, rows: BoolArray) -> Moments:
        """Take some of the problems."""
        n_problems = len(rows)
        parts = (self.xx, self.xy, self.yy, self.sx, self.sy, self.n)
        return Moments(*(a[rows] if len(a) == n_problems else a for a in parts))


@dataclass(frozen=True)
class FittedModel:
    """One fitted model, whatever its random effects.

    Parameters
    ----------
    beta, inverse
        Coefficients, of the response less its shift; (Xᵀ V⁻¹ X)⁻¹.
    relative_covariance
        Of the random effects, over the residual variance.
    residual_variance, log_likelihood
        Numbers.
    random_effects
        (J, q).
    z_gram
        ZᵀZ of each subject, (J, q, q); the first column of Z is ones.
    converged, at_boundary
        Whether the optimum was found; whether a random variance is zero.
    """

    beta: FloatArray
    inverse: FloatArray
    relative_covariance: FloatArray
    residual_variance: float
    log_likelihood: float
    random_effects: FloatArray
    z_gram: FloatArray
    converged: bool
    at_boundary: bool


@dataclass(frozen=True)
class Profile:
    """Best models of B problems.

    Parameters
    ----------
    theta
        Random variance over residual variance, (B,).
    beta, inverse
        Coefficients (B, p) and (Xᵀ V⁻¹ X)⁻¹, (B, p, p).
    residual_variance, log_likelihood
        (B,).
    blups
        Random intercept of each subject, (B, J).
    converged, at_zero
        Whether θ was found between the ends of the search, or is 0.
    """

    theta: FloatArray
    beta: FloatArray
    inverse: FloatArray
    residual_variance: FloatArray
    log_likelihood: FloatArray
    blups: FloatArray
    converged: BoolArray
    at_zero: BoolArray


def find_deficient(moments: Moments) -> BoolArray:
    """Tell which problems have no unique solution.

    Columns that are sums of others, fewer trials than columns, or a response that the
    design explains whole (a constant one among them).

    Parameters
    ----------
    moments
        Of B problems.

    Returns
    -------
    BoolArray
        Shape (B,).
    """
    scale = _find_scale(moments.xx)
    unit = moments.xx * scale[:, :, None] * scale[:, None, :]
    p = unit.shape[-1]
    shape = np.broadcast_shapes(moments.yy.shape, scale.shape[:1])
    deficient = np.linalg.eigvalsh(unit)[:, 0] < _RANK_TOLERANCE * max(p, 1)
    n_trials = moments.n.sum(axis=1)
    bad = np.broadcast_to(deficient | (n_trials <= p), shape).copy()
    safe = np.where(deficient[:, None, None], np.eye(p), unit)
    right = scale * moments.xy
    beta = np.linalg.solve(safe, right[..., None])[..., 0]
    rss = moments.yy - (beta * right).sum(axis=-1)
    return bad | ~(rss > _EXPLAINED * moments.yy)


def maximise_profile(moments: Moments, *, reml: bool) -> Profile:
    """Find the best random intercept of each problem.

    Parameters
    ----------
    moments
        Of B problems, none of which `find_deficient` tells.
    reml
        Restricted likelihood, or the plain one.

    Returns
    -------
    Profile
    """
    scale = _find_scale(moments.xx)
    unit = Moments(
        moments.xx * scale[:, :, None] * scale[:, None, :],
        moments.xy * scale,
        moments.yy,
        moments.sx * scale[:, None, :],
        moments.sy,
        moments.n,
    )
    best = _search_grid(unit, reml=reml)
    at_zero = best == 0
    low = np.log(np.maximum(_GRID[np.maximum(best - 1, 0)], 1e-12))
    high = np.log(_GRID[np.minimum(best + 1, len(_GRID) - 1)])
    if len(low) == 1:  # a finer grid costs less than the steps that it saves
        fine = low + (high - low) * _FINE
        at = int(_compute_deviance(unit, np.exp(fine), reml=reml).argmin())
        low, high = fine[[max(at - 1, 0)]], fine[[min(at + 1, len(fine) - 1)]]
    # Where θ hardly matters, rounding may choose a point beside 0: its slope tells.
    rising = _compute_gradient(unit, low, reml=reml) >= 0
    at_zero |= rising & (low < np.log(_NEGLIGIBLE))
    root, found = _find_root(unit, low, high, at_zero, reml=reml)
    theta = np.where(at_zero, 0.0, np.exp(root))
    return _finish(unit, scale, theta, found | at_zero, reml=reml)


def _search_grid(m: Moments, *, reml: bool) -> IntArray:
    n_problems = max(len(m.xx), len(m.yy), len(m.n))
    if n_problems == 1:  # the grid itself is the batch
        return np.array([_compute_deviance(m, _GRID, reml=reml).argmin()])
    rows = (np.full(n_problems, theta) for theta in _GRID)
    return np.stack([_compute_deviance(m, r, reml=reml) for r in rows]).argmin(axis=0)


def _find_scale(xx: FloatArray) -> FloatArray:
    """Give what makes the columns of unit length."""
    squares = np.diagonal(xx, axis1=1, axis2=2)
    return 1.0 / np.sqrt(np.where(squares > 0, squares, 1.0))


def _solve(
    m: Moments, theta: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give (XᵀV⁻¹X), β and residual sum of squares at θ, and 1 + nθ."""
    inflation = 1.0 + m.n * theta[:, None]
    weight = theta[:, None] / inflation
    weighted = (m.sx * weight[:, :, None]).swapaxes(1, 2)
    left = m.xx - weighted @ m.sx
    right = m.xy - (weighted @ m.sy[:, :, None])[..., 0]
    beta: FloatArray = np.linalg.solve(left, right[..., None])[..., 0].astype(float)
    rss = m.yy - (weight * m.sy**2).sum(axis=1) - (beta * right).sum(axis=1)
    return left, beta, np.maximum(rss, np.finfo(float).tiny), inflation


def _compute_deviance(m: Moments, theta: FloatArray, *, reml: bool) -> FloatArray:
    """Give -2 log likelihood, without constants."""
    left, beta, rss, inflation = _solve(m, theta)
    dof = m.n.sum(axis=1) - (beta.shape[1] if reml else 0)
    deviance = dof * np.log(rss / dof) + np.log(inflation).sum(axis=1)
    return deviance + np.linalg.slogdet(left)[1] if reml else deviance


def _compute_gradient(m: Moments, log_theta: FloatArray, *, reml: bool) -> FloatArray:
    """Give the derivative of the deviance by log θ."""
    theta = np.exp(log_theta)
    left, beta, rss, inflation = _solve(m, theta)
    dof = m.n.sum(axis=1) - (beta.shape[1] if reml else 0)
    slope_of_weight = inflation**-2
    change = (m.sy - (m.sx @ beta[..., None])[..., 0]) ** 2 * (dof / rss)[:, None]
    if reml:
        change += (m.sx @ np.linalg.inv(left) * m.sx).sum(axis=2)
    return theta * (m.n / inflation - slope_of_weight * change).sum(axis=1)


def _find_root(
    m: Moments, low: FloatArray, high: FloatArray, done: BoolArray, *, reml: bool
) -> tuple[FloatArray, BoolArray]:
    """Find where the derivative crosses zero from below (regula falsi, Illinois)."""
    at_low = _compute_gradient(m, low, reml=reml)
    at_high = _compute_gradient(m, high, reml=reml)
    crossing = (at_low < 0) & (at_high > 0)
    done = done | ~crossing
    middle = 0.5 * (low + high)
    side = np.zeros(low.shape)
    for _ in range(_N_STEPS):
        if done.all():
            break
        secant = high - at_high * (high - low) / np.where(done, 1.0, at_high - at_low)
        new = np.where(done, middle, secant)
        value = _compute_gradient(m, new, reml=reml)
        done = done | (np.abs(new - middle) < 1e-9) | (value == 0)
        middle = new
        below = value < 0
        # The end that stays twice is trusted half as much, else it would stay for ever.
        at_high = np.where(below, np.where(side < 0, at_high / 2, at_high), value)
        at_low = np.where(below, value, np.where(side > 0, at_low / 2, at_low))
        low, high = np.where(below, new, low), np.where(below, high, new)
        side = np.where(below, -1.0, 1.0)
    return middle, crossing & done


def _finish(
    m: Moments,
    scale: FloatArray,
    theta: FloatArray,
    converged: BoolArray,
    *,
    reml: bool,
) -> Profile:
    left, beta, rss, inflation = _solve(m, theta)
    n_trials = m.n.sum(axis=1)
    dof = n_trials - (beta.shape[1] if reml else 0)
    variance = rss / dof
    log_det = np.log(inflation).sum(axis=1)
    if reml:
        log_det = log_det + np.linalg.slogdet(left)[1] - 2 * np.log(scale).sum(axis=1)
    residual_sum = m.sy - (m.sx @ beta[..., None])[..., 0]
    return Profile(
        theta=theta,
        beta=beta * scale,
        inverse=np.linalg.inv(left) * scale[:, :, None] * scale[:, None, :],
        residual_variance=variance,
        log_likelihood=-0.5 * (dof * (np.log(2 * np.pi * variance) + 1) + log_det),
        blups=theta[:, None] / inflation * residual_sum,
        converged=converged,
        at_zero=theta == 0,
    )
