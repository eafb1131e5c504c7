"""Likelihood of psychometric functions, and the search for its maximum.

Many fits and many starts are searched side by side: arrays have the shape (n_fits,
n_starts, n_contrasts), and a step costs hardly more for twenty searches than for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import BoolArray, FloatArray, IntArray

# The likelihood of few trials may have several maxima. So a grid over the box is looked
# at first, and a search starts from its best point in each of some regions of bias and
# threshold.
_N_BIAS, _N_REGIONS = 32, 4
_THRESHOLDS = (0.0, 0.25, 1.0)
_LAPSES = (0.1, 0.75)
# Sums over equally many contrasts round alike: a fit is the same to the last bit alone
# and beside others (as long as none has more than 16 contrasts).
_WIDTH = 16
_MAX_STEPS = 200
_TINY = float(np.finfo(np.float64).eps)
# A search ends where the slope promises less than this in log-likelihood, or where no
# step leads upward, however short: rounding hides what is left.
_LEAST_GAIN = 1e-12
_MAX_DAMPING = 1e7


@dataclass(frozen=True)
class PsychometricData:
    """Counts of several fits: contrast, trials, choices to the right.

    Each has the shape (n_fits, 1, n_contrasts); a fit with fewer contrasts is filled
    up with contrasts of no trials.
    """

    x: FloatArray
    n: FloatArray
    k: FloatArray

    @classmethod
    def join(cls, counts: Sequence[FloatArray]) -> PsychometricData:
        """Put counts of single fits, (3, n_contrasts) each, into one table."""
        width = _WIDTH * -(-max(count.shape[1] for count in counts) // _WIDTH)
        table = np.zeros((3, len(counts), 1, width))
        for i, count in enumerate(counts):
            table[:, i, 0, : count.shape[1]] = count
        return cls(*table)


@dataclass(frozen=True)
class Search:
    """Where the searches came out: (n_fits, 4), (n_fits,), (n_fits,)."""

    parameters: FloatArray
    log_likelihood: FloatArray
    n_failed: IntArray


def compute_probability(x: FloatArray, parameters: FloatArray) -> FloatArray:
    """Chance of a choice to the right; parameters (…, 4) over x (…, n_contrasts)."""
    from scipy.special import erf

    bias, threshold, low, high = np.moveaxis(parameters, -1, 0)[..., None]
    return low + (1 - low - high) * (erf((x - bias) / threshold) + 1) / 2


def maximise_likelihood(data: PsychometricData, box: FloatArray) -> Search:
    """Search from several starts; of each fit's searches take the best.

    Damped Fisher scoring (Levenberg-Marquardt on the expected information). A
    parameter at its bound whose slope points outward stays there for this step.

    Returns
    -------
    Search
    """
    at = _choose_starts(data, box)
    value, slope, information = _evaluate(data, at)
    damping = np.full(value.shape, 1e-3)
    searching = np.ones(value.shape, dtype=np.bool_)
    for _ in range(_MAX_STEPS):
        step, promised = _make_step(at, slope, information, damping, box)
        trial = np.clip(at + step, box[:, 0], box[:, 1])
        new_value, new_slope, new_information = _evaluate(data, trial)
        better = searching & (new_value > value)
        at[better], value[better] = trial[better], new_value[better]
        slope[better], information[better] = new_slope[better], new_information[better]
        damping = np.where(better, np.maximum(damping * 0.1, 1e-9), damping * 10)
        searching &= (promised > _LEAST_GAIN) & (damping < _MAX_DAMPING)
        if not searching.any():
            break
    return _choose_best(at, value, searching)


def _choose_starts(data: PsychometricData, box: FloatArray) -> FloatArray:
    """Best points of a grid, one for each region: (n_fits, n_starts, 4)."""
    low, size = box[:, 0], box[:, 1] - box[:, 0]
    axes = (
        (np.arange(_N_BIAS) + 0.5) / _N_BIAS,
        np.array(_THRESHOLDS),
        np.array(_LAPSES),
        np.array(_LAPSES),
    )
    grid = low + size * np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points = grid.reshape(-1, 4)
    p = np.clip(compute_probability(data.x[:, 0, None], points[None]), _TINY, 1 - _TINY)
    value = (data.k * np.log(p) + (data.n - data.k) * np.log1p(-p)).sum(-1)
    inner = len(_LAPSES) ** 2
    shape = (len(value), _N_REGIONS, _N_BIAS // _N_REGIONS, len(_THRESHOLDS), inner)
    # To (fit, bias region, threshold, all points of the region).
    cells = value.reshape(shape).swapaxes(2, 3)
    index = np.arange(len(points)).reshape(shape[1:]).swapaxes(1, 2)
    flat = cells.reshape(*cells.shape[:3], -1)
    best = flat.argmax(-1)[..., None]
    index = np.broadcast_to(index.reshape(1, *flat.shape[1:]), flat.shape)
    return points[np.take_along_axis(index, best, -1).reshape(len(value), -1)]


def _choose_best(at: FloatArray, value: FloatArray, searching: BoolArray) -> Search:
    failed = searching | ~np.isfinite(value)
    # A search that is still under way has a likelihood too, that may be the best.
    place = np.where(np.isfinite(value), value, -np.inf).argmax(1)
    rows = np.arange(len(at))
    return Search(at[rows, place], value[rows, place], failed.sum(1).astype(np.int64))


def _evaluate(
    data: PsychometricData, at: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-likelihood (f, s), its slope (f, s, 4), expected information (f, s, 4, 4)."""
    from scipy.special import erf

    bias, threshold, low, high = (at[..., i, None] for i in range(4))
    z = (data.x - bias) / threshold
    rise = (erf(z) + 1) / 2
    span = 1 - low - high
    p = np.clip(low + span * rise, _TINY, 1 - _TINY)
    density = span * np.exp(-z * z) / (np.sqrt(np.pi) * threshold)
    parts = np.stack([-density, -density * z, 1 - rise, -rise], axis=-2)
    value = (data.k * np.log(p) + (data.n - data.k) * np.log1p(-p)).sum(-1)
    weight = 1 / (p * (1 - p))
    slope = ((data.k - data.n * p) * weight)[..., None, :] @ parts.swapaxes(-1, -2)
    information = (parts * (data.n * weight)[..., None, :]) @ parts.swapaxes(-1, -2)
    return value, slope[..., 0, :], information


def _make_step(
    at: FloatArray,
    slope: FloatArray,
    information: FloatArray,
    damping: FloatArray,
    box: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Give the step within the box, and what the slope of the free still promises."""
    low, high = box[:, 0] - at, box[:, 1] - at
    near = 1e-9 * (box[:, 1] - box[:, 0])
    held = ((low >= -near) & (slope < 0)) | ((high <= near) & (slope > 0))
    step = np.where(held, np.where(slope < 0, low, high), 0.0)
    # Damping in units of each parameter's own information; the floor is for those of
    # which the data say nothing.
    i = np.arange(4)
    diagonal = information[..., i, i]
    scale = np.maximum(diagonal, 1e-12)
    promised = np.where(held, np.abs(step * slope), slope**2 / scale).sum(-1)
    matrix = information.copy()
    matrix[..., i, i] = scale * (1 + damping[..., None])
    # A parameter that would leave the box stops at its wall, and the others step anew
    # with it there: clipped alone, the step need not lead upward.
    for _ in range(4):
        step = _solve_free(matrix, slope, step, held)
        beyond = (step < low) | (step > high)
        step = np.clip(step, low, high)
        if not (beyond & ~held).any():
            break
        held = held | beyond
    return step, promised


def _solve_free(
    matrix: FloatArray, slope: FloatArray, step: FloatArray, held: BoolArray
) -> FloatArray:
    """Step of the free parameters, with those held where they are."""
    fixed = np.where(held, step, 0.0)
    rest = slope - (matrix @ fixed[..., None])[..., 0]
    free = ~held
    part = np.where(free[..., :, None] & free[..., None, :], matrix, 0.0)
    i = np.arange(4)
    part[..., i, i] = np.where(free, matrix[..., i, i], 1.0)
    solved = np.linalg.solve(part, np.where(free, rest, 0.0)[..., None])[..., 0]
    return np.where(free, solved, fixed)
