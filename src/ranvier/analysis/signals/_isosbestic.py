"""The isosbestic control: how much of a signal is what its reference shows too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.analysis.arguments import check_option, check_range
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.signals._inputs import as_channel, check_lengths, select

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, BoolArray, FloatArray

__all__ = ["IsosbesticFit", "RegressionMethod", "fit_isosbestic"]

RegressionMethod = Literal["irls", "ols"]
"""Robust (Tukey's bisquare) or ordinary least squares."""

_MAD_OF_NORMAL = 0.6744897501960817
_BISQUARE = 4.685
_MOST_ROUNDS = 500
_FARTHEST = 0.01
_SETTLED = 1e-10
_FLAT = 1e-12
_SHIFT_THAT_COUNTS = 0.5
_LEAST_OUTLIERS = 30


@dataclass(frozen=True)
class IsosbesticFit:
    """A line from the reference to the signal, and what is left over.

    Parameters
    ----------
    slope, intercept
        signal ≈ slope × reference + intercept.
    fitted
        The line at each sample, shape (n_samples,), unit of the signal.
    residual
        signal - fitted, shape (n_samples,), unit of the signal.
    r_squared
        1 - RSS / TSS over the samples used, not weighted; of least squares the squared
        correlation. NaN for a constant signal.
    weights
        Weight of each sample, shape (n_samples,), 0 to 1; 0 for those not used.
    n_iterations
        Rounds of re-weighting.
    reference_shift
        Median of the reference in the signal's positive outliers less its median
        elsewhere, in SD of the reference there. NaN with fewer than 30 outliers.
    is_slope_negative
        True if the signal falls where the reference rises.
    is_bleeding
        True if `reference_shift` is beyond 0.5 SD either way: the reference seems to
        carry the transients of the signal.
    warnings
        The same in words; empty if all is well.
    provenance
        How it was made.
    """

    slope: float
    intercept: float
    fitted: FloatArray
    residual: FloatArray
    r_squared: float
    weights: FloatArray
    n_iterations: int
    reference_shift: float
    is_slope_negative: bool
    is_bleeding: bool
    warnings: tuple[str, ...]
    provenance: Provenance


def fit_isosbestic(
    signal: ArrayLike,
    reference: ArrayLike,
    method: RegressionMethod = "irls",
    mask: ArrayLike | None = None,
    tuning: float = _BISQUARE,
) -> IsosbesticFit:
    """Regress a signal on its isosbestic reference.

    Parameters
    ----------
    signal
        Signal of one channel, shape (n_samples,), any unit (ΔF/F or raw); NaN is left
        out and stays.
    reference
        Reference at the same times, shape (n_samples,); see `align_reference`.
    method
        ``"irls"``: iteratively re-weighted least squares with Tukey's bisquare, that
        transients of the signal can't tilt; ``"ols"``: ordinary least squares.
    mask
        Samples to fit to, bool, shape (n_samples,); all unless given. The line is
        drawn for all.
    tuning
        Where a residual loses all weight, in robust SDs. 4.685 has 95 % of the
        efficiency of least squares on normal noise.

    Returns
    -------
    IsosbesticFit

    Raises
    ------
    AnalysisError
        If the lengths differ, the method is neither or `tuning` is not above 1.
    SignalFault
        If the reference is constant, or so where the signal has no outliers, or fewer
        than 3 samples can be used.

    Notes
    -----
    Keevers & Jean-Richard-dit-Bressel, Neurophotonics 12 (2025) find the robust fit the
    better one; GuPPy has it too. Weights (1 - (r / c s)²)² within c s, else 0;
    s = median|r| / 0.6745; from the ordinary fit until the coefficients settle: the
    same as `RLM` with `TukeyBiweight` of statsmodels.

    A negative slope is no control but a sign that the reference wavelength is not
    isosbestic: calcium pulls it down (Simpson et al., Neuron 112, 2024).

    Examples
    --------
    >>> reference = np.sin(np.arange(100.0))
    >>> signal = 0.5 * reference + 1.0
    >>> signal[::10] += 5.0
    >>> fit = fit_isosbestic(signal, reference)
    >>> round(fit.slope, 6), round(fit.intercept, 6)
    (0.5, 1.0)
    """
    check_option("the method", method, ("irls", "ols"))
    check_range("the tuning constant", tuning, 1.0)
    y, x = as_channel(signal), as_channel(reference)
    check_lengths(x, y.size)
    used = select(y.size, None, None, mask) & np.isfinite(x) & np.isfinite(y)
    x_used, y_used = x[used], y[used]
    _check_reference(x_used)
    slope, intercept, weights, n_iterations = _solve(
        x_used, y_used, tuning if method == "irls" else None
    )
    fitted = slope * x + intercept
    rest = y_used - (slope * x_used + intercept)
    all_weights = np.zeros_like(y)
    all_weights[used] = weights
    size = np.abs(rest)
    is_out = _weigh(size, float(np.median(size)), tuning) == 0.0
    shift = _measure_shift(x_used, rest, is_out)
    is_bleeding = bool(abs(shift) > _SHIFT_THAT_COUNTS)
    return IsosbesticFit(
        slope=slope,
        intercept=intercept,
        fitted=fitted,
        residual=y - fitted,
        r_squared=_compute_r_squared(y_used, rest),
        weights=all_weights,
        n_iterations=n_iterations,
        reference_shift=shift,
        is_slope_negative=slope < 0.0,
        is_bleeding=is_bleeding,
        warnings=_warn(slope, shift, is_bleeding),
        provenance=make_provenance(
            "fit_isosbestic",
            {"method": method, "tuning": tuning},
            n_samples=int(used.sum()),
        ),
    )


def _check_reference(x: FloatArray) -> None:
    if x.size < 3:
        raise SignalFault(
            "too few samples have both signal and reference.",
            found=f"{x.size} samples",
            wanted="3 or more",
            mend="look at gaps and masks of both bands",
        )
    if np.ptp(x) <= _FLAT * np.abs(x).max():
        raise SignalFault(
            "the reference is constant.",
            found=f"{x.size} samples of {x[0]:g}",
            wanted="a reference that varies",
            mend="leave the channel out, or process it without a reference",
        )


def _solve(
    x: FloatArray, y: FloatArray, tuning: float | None
) -> tuple[float, float, FloatArray, int]:
    mean_x, mean_y = float(x.mean()), float(y.mean())
    x, y = x - mean_x, y - mean_y
    # Of each round, the weighted sums are one product of a matrix and a vector.
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y])
    weights = np.ones_like(y)
    line = _solve_weighted(terms @ weights)
    n_iterations = 0
    if tuning is not None:
        line, weights, n_iterations = _iterate(terms, line, tuning)
    slope, intercept = line.tolist()
    return slope, intercept + mean_y - slope * mean_x, weights, n_iterations


def _iterate(
    terms: FloatArray, line: FloatArray, tuning: float
) -> tuple[FloatArray, FloatArray, int]:
    x, y = terms[1], terms[2]
    # Both coefficients in units of the signal, whatever that unit is.
    unit = np.array([float(x.std()), 1.0])
    spread = float(y.std())
    steps: list[FloatArray] = []
    middle = float("nan")
    n_iterations = 0
    while True:
        n_iterations += 1
        size = np.abs(y - (line[0] * x + line[1]))
        middle = _find_median(size, middle)
        weights = _weigh(size, middle, tuning)
        after = _solve_weighted(terms @ weights)
        steps = [*steps[-2:], (after - line) * unit]
        is_settled = float(np.abs(steps[-1]).sum()) <= _SETTLED * spread
        if is_settled or n_iterations == _MOST_ROUNDS:
            return after, weights, n_iterations
        ahead = _look_ahead(steps, _FARTHEST * spread)
        line = after if ahead is None else after + ahead / unit
        steps = steps if ahead is None else []


def _look_ahead(steps: list[FloatArray], farthest: float) -> FloatArray | None:
    """Give how far the rounds will still go, once each is a fixed share of the last."""
    # Aitken, Proc. R. Soc. Edinb. 46 (1926). Re-weighting alone takes 100 rounds and
    # more where transients are many. Only ahead, and only a little: bisquare has
    # several solutions, and ours is to be the one that the rounds themselves end at.
    if len(steps) < 3:
        return None
    early, middle, late = (float(np.linalg.norm(step)) for step in steps)
    share, before = late / middle, middle / early
    is_straight = float(steps[-1] @ steps[-2]) > 0.999 * late * middle
    if not is_straight or share > 0.98 or abs(share - before) > 0.05 * share:
        return None
    ahead = steps[-1] * share / (1.0 - share)
    return ahead if float(np.linalg.norm(ahead)) <= farthest else None


def _solve_weighted(sums: FloatArray) -> FloatArray:
    """Give slope and intercept from the weighted sums of 1, x, y, x² and x y."""
    n, sum_x, sum_y, sum_xx, sum_xy = sums.tolist()
    spread = sum_xx - sum_x * sum_x / n
    if not spread > _FLAT * sum_xx:
        raise SignalFault(
            "the reference is constant but in outliers of the signal.",
            found=f"{n:.6g} samples that count",
            wanted="a reference that varies",
            mend="use ordinary least squares, or no reference",
        )
    slope = (sum_xy - sum_x * sum_y / n) / spread
    return np.array([slope, (sum_y - slope * sum_x) / n])


def _find_median(size: FloatArray, guess: float) -> float:
    """Find the median, among the few values near a guess if it is there."""
    # Ten rounds in a row have nearly one median, and a median is most of a round.
    is_below = size <= 0.97 * guess
    near = size[~is_below & (size <= 1.03 * guess)]
    ranks = np.array([(size.size - 1) // 2, size.size // 2])
    ranks -= int(np.count_nonzero(is_below))
    if ranks[0] < 0 or ranks[1] >= near.size:
        return float(np.median(size))
    return float(np.partition(near, ranks)[ranks].mean())


def _weigh(size: FloatArray, middle: float, tuning: float) -> FloatArray:
    """Give the bisquare weights of |residuals| whose median is known; reuses them."""
    scale = middle / _MAD_OF_NORMAL
    # More than half lie on the line: nothing to tell outliers by but being off it.
    if scale <= _FLAT * float(size.max()):
        return (size <= _FLAT * float(size.max())).astype(np.float64)
    size /= scale * tuning
    np.minimum(size, 1.0, out=size)
    np.multiply(size, size, out=size)
    np.subtract(1.0, size, out=size)
    return np.multiply(size, size, out=size)


def _measure_shift(x: FloatArray, rest: FloatArray, is_out: BoolArray) -> float:
    above = is_out & (rest > 0.0)
    if int(above.sum()) < _LEAST_OUTLIERS or is_out.all():
        return float("nan")
    centre, spread = float(np.median(x[~is_out])), float(x[~is_out].std())
    if spread <= _FLAT * float(np.abs(x).max()):
        return float("nan")
    return (float(np.median(x[above])) - centre) / spread


def _compute_r_squared(y: FloatArray, rest: FloatArray) -> float:
    if np.ptp(y) <= _FLAT * np.abs(y).max():
        return float("nan")
    return float(1.0 - rest @ rest / np.sum((y - y.mean()) ** 2))


def _warn(slope: float, shift: float, is_bleeding: bool) -> tuple[str, ...]:
    words: list[str] = []
    if slope < 0.0:
        words.append(
            f"the slope is negative ({slope:.3g}): the reference falls as the signal "
            "rises, so it is no control for motion here"
        )
    if is_bleeding:
        words.append(
            f"the reference is {shift:+.2g} SD off where the signal stands out: it may "
            "carry transients of the signal, or both an artefact that no line fits"
        )
    return tuple(words)
