"""Random intercept and slope by subject: a search over the Cholesky factor of Ψ.

Ψ = LLᵀ is the covariance of the random effects over the residual variance. With
V = I + ZΨZᵀ within a subject, V⁻¹ = I - ZKZᵀ, K = L(I + LᵀZᵀZL)⁻¹Lᵀ (Woodbury), so that
likelihood and gradient need only sums of products (Bates et al., J Stat Softw 67:1
(2015), sections 3.2-3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.statistics._profile import FittedModel

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.statistics._subject_statistics import SubjectStatistics

__all__ = ["fit_slopes"]

_STARTS = (
    (0.3, 0.0, 0.1),
    (0.05, 0.0, 0.5),
    (1.0, 0.0, 1.0),
    (0.5, 0.5, 0.1),
    (0.5, -0.5, 0.1),
)
"""Points to search from: relative standard deviations. The others only if the first
does not end well."""
_FLAT = 1e-3
"""Gradient of -2 log likelihood that counts as none: it moves the optimum by less than
a thousandth of its standard error."""
_ZERO = 1e-5
"""Relative standard deviation of a random effect below which it counts as none."""


@dataclass(frozen=True)
class _Products:
    """Sums of products of each subject, with columns of X and Z of unit mean square."""

    xx: FloatArray
    xy: FloatArray
    yy: float
    zz: FloatArray
    zx: FloatArray
    zy: FloatArray
    n_trials: float


@dataclass(frozen=True)
class _State:
    deviance: float
    gradient: FloatArray
    beta: FloatArray
    left: FloatArray
    rss: float
    kernel: FloatArray
    residual: FloatArray
    log_det: float


def fit_slopes(statistics: SubjectStatistics, place: int, *, reml: bool) -> FittedModel:
    """Fit random intercepts and slopes.

    Parameters
    ----------
    statistics
        Sums of products of each subject.
    place
        Which column's slope differs by subject.
    reml
        Restricted likelihood, or the plain one.

    Returns
    -------
    FittedModel
    """
    from scipy.optimize import minimize

    products, x_scale, z_scale = _scale(statistics, place)

    def negative(point: FloatArray) -> tuple[float, FloatArray]:
        state = _evaluate(products, point, reml=reml)
        return state.deviance, state.gradient

    bounds = [(0.0, 1e4), (-1e4, 1e4), (0.0, 1e4)]
    best: Any = None
    for start in _STARTS:
        run = minimize(
            negative,
            np.array(start),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 500},
        )
        best = run if best is None or run.fun < best.fun else best
        inside = min(run.x[0], run.x[2]) > _ZERO
        if inside and np.abs(run.jac).max() < _FLAT:
            break
    point = np.asarray(best.x, dtype=np.float64)
    state = _evaluate(products, point, reml=reml)
    return _finish(
        statistics, place, (products, x_scale, z_scale), (point, state), reml
    )


def _scale(
    statistics: SubjectStatistics, place: int
) -> tuple[_Products, FloatArray, FloatArray]:
    gram = statistics.gram
    p = len(statistics.columns)
    total = gram.sum(axis=0)
    x_scale = 1.0 / np.sqrt(np.diag(total)[:p] / total[p, p])
    z_at = np.array([p, place])
    z_scale = np.array([1.0, x_scale[place]])
    zx = gram[:, z_at][:, :, :p] * z_scale[:, None] * x_scale
    zz = gram[:, z_at[:, None], z_at] * np.outer(z_scale, z_scale)
    products = _Products(
        xx=total[:p, :p] * np.outer(x_scale, x_scale),
        xy=total[:p, -1] * x_scale,
        yy=float(total[-1, -1]),
        zz=zz,
        zx=zx,
        zy=gram[:, z_at, -1] * z_scale,
        n_trials=float(total[p, p]),
    )
    return products, x_scale, z_scale


def _evaluate(m: _Products, point: FloatArray, *, reml: bool) -> _State:
    """Give -2 log likelihood (without constants) and its gradient by L."""
    factor = np.array([[point[0], 0.0], [point[1], point[2]]])
    inner = np.eye(2) + factor.T @ m.zz @ factor
    kernel = factor @ np.linalg.inv(inner) @ factor.T
    spread = kernel @ m.zx
    n_columns = m.xx.shape[0]
    flat = spread.reshape(-1, n_columns)
    left = m.xx - m.zx.reshape(-1, n_columns).T @ flat
    right = m.xy - flat.T @ m.zy.ravel()
    inverse = np.linalg.inv(left)
    beta = inverse @ right
    taken = float(((kernel @ m.zy[..., None])[..., 0] * m.zy).sum())
    rss = max(m.yy - taken - float(beta @ right), np.finfo(float).tiny)
    dof = m.n_trials - (len(beta) if reml else 0)
    log_det = float(np.linalg.slogdet(inner)[1].sum())
    if reml:
        log_det += float(np.linalg.slogdet(left)[1])
    # d/dΨ: ZᵀV⁻¹Z - ZᵀV⁻¹r rᵀV⁻¹Z/σ² - ZᵀV⁻¹X(XᵀV⁻¹X)⁻¹XᵀV⁻¹Z, the last for REML.
    shrink = np.eye(2) - m.zz @ kernel
    z_residual = (shrink @ (m.zy - m.zx @ beta)[..., None])[..., 0]
    by_psi = (shrink @ m.zz).sum(axis=0) - dof / rss * z_residual.T @ z_residual
    if reml:
        z_x = shrink @ m.zx
        by_psi -= (z_x @ inverse @ z_x.swapaxes(1, 2)).sum(axis=0)
    by_factor = (by_psi + by_psi.T) @ factor
    return _State(
        deviance=float(dof * np.log(rss / dof) + log_det),
        gradient=by_factor[np.array([0, 1, 1]), np.array([0, 0, 1])],
        beta=beta,
        left=left,
        rss=rss,
        kernel=np.asarray(kernel, dtype=np.float64),
        residual=m.zy - m.zx @ beta,
        log_det=log_det,
    )


def _finish(
    statistics: SubjectStatistics,
    place: int,
    scaled: tuple[_Products, FloatArray, FloatArray],
    found: tuple[FloatArray, _State],
    reml: bool,
) -> FittedModel:
    products, x_scale, z_scale = scaled
    point, state = found
    p = len(statistics.columns)
    z_at = np.array([p, place])
    dof = products.n_trials - (p if reml else 0)
    variance = state.rss / dof
    log_det = state.log_det - (2 * float(np.log(x_scale).sum()) if reml else 0.0)
    factor = np.array([[point[0], 0.0], [point[1], point[2]]])
    # Free of bounds, the gradient must vanish; at a bound of zero it may push outwards.
    at_bound = np.array([point[0] < _ZERO, False, point[2] < _ZERO])
    pull = np.abs(np.where(at_bound, np.minimum(state.gradient, 0), state.gradient))
    return FittedModel(
        beta=state.beta * x_scale,
        inverse=np.linalg.inv(state.left) * np.outer(x_scale, x_scale),
        relative_covariance=factor @ factor.T * np.outer(z_scale, z_scale),
        residual_variance=variance,
        log_likelihood=-0.5 * (dof * (np.log(2 * np.pi * variance) + 1) + log_det),
        random_effects=(state.kernel @ state.residual[..., None])[..., 0] * z_scale,
        z_gram=statistics.gram[:, z_at[:, None], z_at],
        converged=bool((pull < _FLAT).all()),
        at_boundary=bool(at_bound.any()),
    )
