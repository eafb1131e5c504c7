"""Functional connectivity on line: which cells rise and fall together.

A number for each pair of cells from a window of recent frames. It is a statement on
signals, not on synapses.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

KEPT_TIME_CONSTANTS = 5
"""An exponential window is cut where 0.7 % of its weight is left."""


LEAST_EIGENVALUE = 1e-10
"""Smallest eigenvalue that is inverted, relative to the largest."""


def compute_correlation(samples: Float, weights: Float, lag: int = 0) -> Float:
    """Compute the weighted correlation of each pair of columns.

    Parameters
    ----------
    samples
        Shape (n_samples, n_cells), regularly sampled, any unit; NaN where a cell was
        not seen. Each pair is judged from the samples that have both.
    weights
        Weight of each sample, shape (n_samples,).
    lag
        Samples by which the row's cell comes before the column's cell.

    Returns
    -------
    numpy.ndarray
        Shape (n_cells, n_cells), -1 to 1; NaN for cells that do not vary.

    Examples
    --------
    >>> x = np.arange(10.0)
    >>> compute_correlation(np.stack([x, -x], axis=1), np.ones(10))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    n_samples, n_cells = samples.shape
    if n_samples - lag < 2:
        return np.full((n_cells, n_cells), np.nan)
    scaled = samples - _first_finite(samples)  # keeps digits when offsets are large
    before, after = scaled[: n_samples - lag], scaled[lag:]
    w = weights[lag:, None]
    has_before, has_after = np.isfinite(before), np.isfinite(after)
    a, b = np.where(has_before, before, 0.0), np.where(has_after, after, 0.0)
    total = (w * has_before).T @ has_after
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_a, mean_b = (w * a).T @ has_after / total, (w * has_before).T @ b / total
        square_a, square_b = (w * a * a).T @ has_after, (w * has_before).T @ (b * b)
        var_a, var_b = square_a / total - mean_a**2, square_b / total - mean_b**2
        covariance = (w * a).T @ b / total - mean_a * mean_b
        # What rounding leaves of a constant signal is no variance.
        eps = 1e-12
        flat = (var_a <= eps * square_a / total) | (var_b <= eps * square_b / total)
        correlation = covariance / np.sqrt(var_a * var_b)
    return np.clip(np.where(flat, np.nan, correlation), -1.0, 1.0)


def estimate_shrinkage(standard: Float, weights: Float) -> float:
    """Estimate how far a correlation matrix should be drawn to the identity.

    Parameters
    ----------
    standard
        Standardised samples, shape (n_samples, n_cells), no NaN.
    weights
        Weight of each sample, shape (n_samples,), sum 1.

    Returns
    -------
    float
        0 (trust the data) to 1 (trust none of it).

    Notes
    -----
    Ledoit & Wolf, J. Multivariate Analysis 88 (2004), with weights. It takes samples
    for independent; slow signals (calcium) deserve more shrinkage than it gives.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(20, 30))
    >>> bool(estimate_shrinkage(noise, np.full(20, 1 / 20)) > 0.8)
    True
    """
    n_cells = standard.shape[1]
    covariance = (weights[:, None] * standard).T @ standard
    apart = ((covariance - np.eye(n_cells)) ** 2).sum()
    # |z z' - S|^2 for each sample, without building z z'.
    fourth = (standard**2).sum(axis=1) ** 2
    cross = np.einsum("ti,ij,tj->t", standard, covariance, standard, optimize=True)
    errors = fourth - 2.0 * cross + (covariance**2).sum()
    doubt = float((weights**2 * errors).sum())
    return 1.0 if apart <= doubt else doubt / float(apart)


def compute_partial_correlation(
    samples: Float, weights: Float, ridge: float | None = None
) -> Float:
    """Compute the correlation of each pair with all other cells held fixed.

    Parameters
    ----------
    samples
        Shape (n_samples, n_cells); cells with NaN or without variance are left out.
    weights
        Weight of each sample, shape (n_samples,).
    ridge
        Added to the diagonal of the correlation matrix before it is inverted; None
        for the shrinkage of `estimate_shrinkage`.

    Returns
    -------
    numpy.ndarray
        Shape (n_cells, n_cells), -1 to 1, diagonal 1; NaN for cells left out.

    Notes
    -----
    From the inverse of the correlation matrix: Whittaker, Graphical Models in Applied
    Multivariate Statistics (1990). Ridge: Hoerl & Kennard, Technometrics 12 (1970).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> driver = rng.normal(size=5000)
    >>> pair = driver[:, None] + rng.normal(size=(5000, 2))
    >>> samples = np.column_stack([driver, pair])
    >>> partial = compute_partial_correlation(samples, np.ones(5000))
    >>> bool(abs(partial[1, 2]) < 0.05 and partial[0, 1] > 0.5)
    True
    """
    n_cells = samples.shape[1]
    result = np.full((n_cells, n_cells), np.nan)
    plain = compute_correlation(samples, weights)
    whole = np.isfinite(samples).all(axis=0) & np.isfinite(np.diagonal(plain))
    used = np.flatnonzero(whole)
    if used.size == 0 or samples.shape[0] < 2:
        return result
    share = weights / weights.sum()
    centred = samples[:, used] - share @ samples[:, used]
    standard = centred / np.sqrt(share @ centred**2)
    correlation = (share[:, None] * standard).T @ standard
    if ridge is None:
        shrinkage = estimate_shrinkage(standard, share)
        regular = (1 - shrinkage) * correlation + shrinkage * np.eye(used.size)
    else:
        regular = correlation + ridge * np.eye(used.size)
    values, vectors = np.linalg.eigh(regular)
    # Directions without variance can't be inverted; they are floored, not blown up.
    values = np.maximum(values, LEAST_EIGENVALUE * values[-1])
    precision: Float = (vectors / values) @ vectors.T
    scale = np.sqrt(np.maximum(np.diagonal(precision), np.finfo(float).tiny))
    partial = -precision / np.outer(scale, scale)
    np.fill_diagonal(partial, 1.0)
    result[np.ix_(used, used)] = np.clip(partial, -1.0, 1.0)
    return result


class FunctionalConnectivity(Transform):
    """Say how strongly each pair of cells goes together in the recent past.

    The last frames are kept, and a matrix is computed from them every so often. A
    cell found late has correlations from its second frame on, and partial
    correlations once it has been seen for a whole window.

    Examples
    --------
    >>> node = FunctionalConnectivity(every=3, window=30)
    >>> for level in (0.0, 1.0, 4.0):
    ...     matrix = node.process(np.array([level, -level]))
    >>> matrix
    array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)
    """

    activity = Input(
        "any", help="Per frame: one value a cell (n_cells,), or a mapping with it."
    )
    connectivity = Output(
        "float32", shape=("cells", "cells"), help="Row before column by the lag."
    )

    key = Parameter("dff", help="Name of the signal where the activity is a mapping.")
    measure = Parameter(
        "correlation",
        choices=("correlation", "partial"),
        help="Plain correlation, or with all other cells held fixed.",
    )
    weighting = Parameter(
        "sliding",
        choices=("sliding", "exponential"),
        help="All frames of the window alike, or older ones ever less.",
    )
    window = Parameter(
        300, minimum=2, help="Frames of the window, or time constant in frames."
    )
    every = Parameter(
        15, minimum=1, live=True, help="Frames between two matrices that are sent."
    )
    lag = Parameter(
        0,
        minimum=0,
        help="Frames by which the row's cell comes before the column's.",
    )
    ridge = Parameter(
        None,
        type="float",
        minimum=0.0,
        live=True,
        help="Ridge of the partial correlation; left out, Ledoit and Wolf's shrinkage.",
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        if self.measure == "partial" and self.lag:
            raise NodeError(
                "a partial correlation has no lag.",
                code="RV-N84",
                found=f"measure partial, lag {self.lag}",
                wanted="lag 0, or measure correlation",
                mend="set lag: 0",
            )
        kept = self.window + self.lag
        if self.weighting == "exponential":
            kept = KEPT_TIME_CONSTANTS * self.window + self.lag
        self._rows: deque[Float] = deque(maxlen=kept)
        self._since = 0

    def process(self, activity: ArrayLike | Mapping[str, Any]) -> Any:
        """Take in one frame.

        Parameters
        ----------
        activity
            Shape (n_cells,), or a mapping that has it under `key`; n_cells may grow,
            NaN where a cell was not seen.

        Returns
        -------
        numpy.ndarray or None
            Every `every` frames the matrix, float32, shape (n_cells, n_cells).
        """
        values: Any = activity
        if isinstance(activity, dict):
            values = activity[self.key]
        self._rows.append(np.array(values, dtype=np.float64).reshape(-1))
        self._since += 1
        if self._since < self.every:
            return None
        self._since = 0
        return self._compute()

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the frames of the window.

        Returns
        -------
        dict
            `rows` (n_frames, n_cells) and `since`.
        """
        return {"rows": self._stack(), "since": self._since}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from frames handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._rows.clear()
        self._rows.extend(np.array(state["rows"], dtype=np.float64))
        self._since = int(state["since"])

    def _compute(self) -> NDArray[np.float32]:
        samples = self._stack()
        weights = np.ones(len(samples))
        if self.weighting == "exponential":
            weights = np.exp((np.arange(len(samples)) + 1 - len(samples)) / self.window)
        if self.measure == "partial":
            matrix = compute_partial_correlation(samples, weights, self.ridge)
        else:
            matrix = compute_correlation(samples, weights, self.lag)
        return matrix.astype(np.float32)

    def _stack(self) -> Float:
        n_cells = max((row.size for row in self._rows), default=0)
        stacked = np.full((len(self._rows), n_cells), np.nan)
        for i, row in enumerate(self._rows):
            stacked[i, : row.size] = row
        return stacked


def _first_finite(samples: Float) -> Float:
    finite = np.isfinite(samples)
    first = samples[finite.argmax(axis=0), np.arange(samples.shape[1])]
    return np.where(finite.any(axis=0), first, 0.0)
