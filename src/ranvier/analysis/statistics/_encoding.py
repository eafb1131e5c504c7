"""Encoding model: a signal as the sum of kernels of events, by ridge regression.

All folds, penalties and reduced models are solved from sums of products of each fold,
taken once; the samples are not gone through again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.statistics._complete import check_n_rows
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray
    from ranvier.analysis.statistics._encoding_design import DesignMatrix, Kernel

__all__ = ["EncodingFit", "fit_encoding_model"]

_MOST_LOST = 1e-12


@dataclass(frozen=True)
class EncodingFit:
    """Kernels of an encoding model, and how well they tell the signal.

    Parameters
    ----------
    coefficients
        (n_columns,), signal per unit of the regressor, of the fit to all samples.
    intercept
        Of the same.
    alpha
        Penalty of the same: that of the best R² held out.
    r2
        Held out, pooled over folds; the penalty of each fold was chosen without it.
    r2_by_alpha
        Held out, pooled, for each penalty.
    delta_r2
        By block: `r2` less that of the model without the block, which chooses its
        own penalties. Empty if not asked for.
    prediction
        (n_grid,), of each sample by the fold that did not have it; NaN where left
        out.
    n_dropped
        Samples left out since the signal or a regressor is missing.
    blocks, kernels, dt
        Of the design.
    provenance
        Method, parameters, n, code.
    """

    coefficients: FloatArray
    intercept: float
    alpha: float
    r2: float
    r2_by_alpha: pd.Series
    delta_r2: pd.Series
    prediction: FloatArray
    n_dropped: int
    blocks: Mapping[str, slice]
    kernels: Mapping[str, Kernel]
    dt: float
    provenance: Provenance

    def get_kernel(self, name: str) -> pd.Series:
        """Give the kernel of a block.

        Parameters
        ----------
        name
            Of the block.

        Returns
        -------
        pandas.Series
            Signal per unit of the regressor, by lag after the event, s.

        Raises
        ------
        AnalysisError
            If there is no such block.
        """
        if name not in self.blocks:
            raise AnalysisError(
                "the encoding model has no such block.",
                code="RV-A88",
                found=name,
                wanted=f"one of {', '.join(self.blocks)}",
                mend="name a block of the design matrix",
            )
        kernel = self.kernels[name]
        values = kernel.basis @ self.coefficients[self.blocks[name]]
        lags = pd.Index(kernel.lags * self.dt, name="time")
        return pd.Series(values, index=lags, name=name)

    def kernels_to_frame(self) -> pd.DataFrame:
        """Give all kernels as one table.

        Returns
        -------
        pandas.DataFrame
            block, lag (grid steps after the event), time (s), weight.
        """
        parts = [
            pd.DataFrame(
                {
                    "block": name,
                    "lag": self.kernels[name].lags,
                    "time": self.kernels[name].lags * self.dt,
                    "weight": self.get_kernel(name).to_numpy(),
                }
            )
            for name in self.blocks
        ]
        return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _Sums:
    """Sums over samples: enough for a fit, and for its error elsewhere."""

    n: float
    x: FloatArray
    y: float
    xx: FloatArray
    xy: FloatArray
    yy: float

    def plus(self, other: _Sums, sign: float = 1.0) -> _Sums:
        return _Sums(
            self.n + sign * other.n,
            self.x + sign * other.x,
            self.y + sign * other.y,
            self.xx + sign * other.xx,
            self.xy + sign * other.xy,
            self.yy + sign * other.yy,
        )

    def minus(self, other: _Sums) -> _Sums:
        return self.plus(other, -1.0)

    def take(self, columns: IntArray) -> _Sums:
        xx = self.xx[np.ix_(columns, columns)]
        return _Sums(self.n, self.x[columns], self.y, xx, self.xy[columns], self.yy)


@dataclass(frozen=True)
class _Scores:
    """Errors held out, by fold and penalty; and what each fold chose for itself."""

    errors: FloatArray  # (n_folds, n_alphas)
    chosen: IntArray  # (n_folds,)


def fit_encoding_model(
    design: DesignMatrix,
    signal: ArrayLike,
    alphas: Sequence[float] | None = None,
    *,
    n_folds: int = 5,
    leave_out: bool = True,
) -> EncodingFit:
    """Fit kernels to a signal, and test them on stretches held out.

    Parameters
    ----------
    design
        Regressors, of `build_design_matrix`.
    signal
        (n_grid,), on the grid of the design. Samples where it or a regressor is NaN
        are left out and counted.
    alphas
        Penalties to choose from, on regressors of unit variance; by default ten from
        1e-3 to 1e3, evenly in the logarithm.
    n_folds
        Stretches without a break, of as many samples each.
    leave_out
        Whether to fit without each block in turn.

    Returns
    -------
    EncodingFit

    Raises
    ------
    SignalFault
        If fewer than 4 samples for each fold are complete, or the signal is constant.
    AnalysisError
        If the signal is not on the grid.

    Notes
    -----
    Ridge regression (Hoerl and Kennard, Technometrics 12:55, 1970) on regressors
    z-scored over the training samples: b = V·(Λ + A·I)⁻¹·Vᵀ·Xᵀy, with
    one eigendecomposition XᵀX = VΛVᵀ for all penalties A. R² = 1 -
    Σ SS_res/SS_tot over all samples held out. The penalty of a fold is chosen by the
    same measure on the other folds (nested), so that R² and ΔR² are not those of the
    best of many.

    Kernels reach over the edges of folds: samples next to an edge know something of
    those held out.
    """
    y = np.asarray(signal, dtype=np.float64)
    regressors = design.values  # noqa: PD011 - not of pandas
    check_n_rows("the signal", regressors, y)
    good = np.isfinite(y) & np.isfinite(regressors).all(axis=1)
    _check_signal(y[good], n_folds)
    penalties = np.asarray(
        np.logspace(-3, 3, 10) if alphas is None else alphas, dtype=np.float64
    )
    # Sums of products lose digits far from 0 and 1.
    x, shift, spread = _condition(regressors[good])
    level = float(y[good].mean())
    rows = np.array_split(np.arange(len(x)), n_folds)
    folds = [_add_up(x[part], y[good][part] - level) for part in rows]
    columns = np.arange(x.shape[1])
    scores = _cross_validate(folds, columns, penalties)
    total = _total(folds)
    by_alpha = 1.0 - scores.errors.sum(axis=0) / total.yy
    best = int(np.argmax(by_alpha))
    weights, intercept = _solve(total, penalties[[best]])
    r2 = _pool(scores, total)
    delta = {
        name: r2 - _pool(_cross_validate(folds, kept, penalties), total)
        for name, kept in _list_reduced(design, columns, leave_out)
    }
    prediction = np.full(len(y), np.nan)
    predicted = _predict_folds(x, rows, folds, penalties[scores.chosen])
    prediction[np.flatnonzero(good)] = predicted + level
    coefficients = weights[:, 0] / spread
    return EncodingFit(
        coefficients=coefficients,
        intercept=float(intercept[0] + level - shift @ coefficients),
        alpha=float(penalties[best]),
        r2=r2,
        r2_by_alpha=pd.Series(by_alpha, index=pd.Index(penalties, name="alpha")),
        delta_r2=pd.Series(delta, dtype=np.float64, name="delta_r2"),
        prediction=prediction,
        n_dropped=int((~good).sum()),
        blocks=design.blocks,
        kernels=design.kernels,
        dt=design.dt,
        provenance=make_provenance(
            "fit_encoding_model",
            {"alphas": penalties.tolist(), "n_folds": n_folds, "dt": design.dt},
            n_samples=int(good.sum()),
            n_dropped=int((~good).sum()),
            n_columns=x.shape[1],
        ),
    )


def _check_signal(y: FloatArray, n_folds: int) -> None:
    if n_folds < 3 or len(y) < 4 * n_folds:
        raise SignalFault(
            "an encoding model needs three folds or more, of four samples or more.",
            found=f"{len(y)} complete samples in {n_folds} folds",
            mend="see which regressor is missing for most of the session",
        )
    if np.ptp(y) <= 1e-12 * float(np.abs(y).max()):
        raise SignalFault("the signal of an encoding model is constant.")


def _condition(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    shift = values.mean(axis=0)
    spread = values.std(axis=0)
    spread[spread <= 1e-12 * np.abs(shift)] = 1.0
    spread[spread == 0] = 1.0
    return (values - shift) / spread, shift, spread


def _add_up(x: FloatArray, y: FloatArray) -> _Sums:
    return _Sums(len(y), x.sum(axis=0), y.sum(), x.T @ x, x.T @ y, float(y @ y))


def _total(folds: Sequence[_Sums]) -> _Sums:
    total = folds[0]
    for fold in folds[1:]:
        total = total.plus(fold)
    return total


def _solve(sums: _Sums, alphas: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights (n_columns, n_alphas) and intercepts, of the columns as they are."""
    mean_x, mean_y = sums.x / sums.n, sums.y / sums.n
    within = sums.xx - sums.n * np.outer(mean_x, mean_x)
    towards = sums.xy - sums.n * mean_x * mean_y
    variance = np.diag(within) / sums.n
    # Columns that do not vary here (an event that never happened) say nothing.
    active = variance > _MOST_LOST * max(1.0, float(variance.max(initial=0.0)))
    scale = np.where(active, np.sqrt(np.where(active, variance, 1.0)), np.inf)
    values, vectors = np.linalg.eigh(within / np.outer(scale, scale))
    turned = vectors.T @ (towards / scale)
    shrunk = turned[:, None] / (np.maximum(values, 0.0)[:, None] + alphas[None, :])
    weights = (vectors @ shrunk) / scale[:, None]
    return weights, mean_y - mean_x @ weights


def _measure(sums: _Sums, weights: FloatArray, intercept: FloatArray) -> FloatArray:
    """Sum of squared errors of each penalty over the samples of the sums."""
    squares = np.einsum("ia,ia->a", weights, sums.xx @ weights)
    return (
        sums.yy
        - 2 * (weights.T @ sums.xy)
        + squares
        + intercept * (2 * (sums.x @ weights) - 2 * sums.y + sums.n * intercept)
    )


def _cross_validate(
    folds: Sequence[_Sums], columns: IntArray, alphas: FloatArray
) -> _Scores:
    parts = [fold.take(columns) for fold in folds]
    total = _total(parts)
    count = len(parts)
    errors = np.zeros((count, len(alphas)))
    inner = np.zeros((count, len(alphas)))  # of the others, when one is left out
    for i, held in enumerate(parts):
        training = total.minus(held)
        errors[i] = _measure(held, *_solve(training, alphas))
        for j in range(i + 1, count):
            if len(alphas) == 1:
                continue
            fitted = _solve(training.minus(parts[j]), alphas)
            inner[i] += _measure(parts[j], *fitted)
            inner[j] += _measure(held, *fitted)
    return _Scores(errors, np.argmin(inner, axis=1))


def _pool(scores: _Scores, total: _Sums) -> float:
    errors = scores.errors[np.arange(len(scores.chosen)), scores.chosen]
    return 1.0 - float(errors.sum()) / total.yy


def _list_reduced(
    design: DesignMatrix, columns: IntArray, leave_out: bool
) -> list[tuple[str, Any]]:
    if not leave_out:
        return []
    return [
        (name, np.delete(columns, columns[block]))
        for name, block in design.blocks.items()
    ]


def _predict_folds(
    x: FloatArray,
    rows: Sequence[IntArray],
    folds: Sequence[_Sums],
    alphas: FloatArray,
) -> FloatArray:
    predicted = np.empty(len(x))
    total = _total(folds)
    for part, fold, alpha in zip(rows, folds, alphas, strict=True):
        weights, intercept = _solve(total.minus(fold), np.array([alpha]))
        predicted[part] = x[part] @ weights[:, 0] + intercept[0]
    return predicted
