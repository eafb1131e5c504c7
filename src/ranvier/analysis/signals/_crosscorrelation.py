"""Cross-correlation of two signals over lags, with what is missing left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.arguments import check_range
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.signals._inputs import as_channel, check_lengths

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

__all__ = ["CrossCorrelation", "compute_crosscorrelation"]

_FLAT = 1e-9


@dataclass(frozen=True)
class CrossCorrelation:
    """Correlation of x with y at each lag.

    Parameters
    ----------
    lags_s
        Shape (n_lags,), s; positive: y comes after x.
    r
        Pearson correlation of the pairs at each lag, shape (n_lags,); NaN where there
        are fewer than 3, or they do not vary.
    n_pairs
        Pairs of finite samples at each lag, shape (n_lags,).
    peak_lag_s, peak_r
        Lag of the largest |r|, and r there; NaN if there is none.
    provenance
        How it was made.
    """

    lags_s: FloatArray
    r: FloatArray
    n_pairs: IntArray
    peak_lag_s: float
    peak_r: float
    provenance: Provenance


def compute_crosscorrelation(
    x: ArrayLike, y: ArrayLike, rate_hz: float, max_lag_s: float = 5.0
) -> CrossCorrelation:
    """Compute the Pearson correlation of two signals at each lag.

    Parameters
    ----------
    x, y
        Two channels at the same times, shape (n_samples,), any unit, evenly sampled;
        NaN is left out pair by pair.
    rate_hz
        Samples per second.
    max_lag_s
        Largest lag either way, s.

    Returns
    -------
    CrossCorrelation

    Raises
    ------
    AnalysisError
        If lengths differ, the rate is not above 0, or the lag is negative or as long
        as the signal.
    SignalFault
        If a signal is constant or has no finite sample.

    Notes
    -----
    At each lag exactly what `numpy.corrcoef` gives of the pairs that overlap, not
    divided by the number of all samples, which would pull long lags towards zero. Six
    Fourier transforms of sums over pairs, so the cost does not grow with the lags.

    Examples
    --------
    >>> x = np.sin(np.arange(200.0) / 5.0)
    >>> compute_crosscorrelation(x[3:], x[:-3], rate_hz=10.0).peak_lag_s
    0.3
    """
    one, other = as_channel(x), as_channel(y)
    check_lengths(other, one.size)
    check_range("the rate", rate_hz, 0.0)
    n_lags = round(max_lag_s * rate_hz)
    check_range("the number of lags", n_lags, -1, one.size)
    n, sums = _sum_over_pairs(_scale(one), _scale(other), n_lags)
    sum_x, sum_y, sum_xx, sum_yy, sum_xy = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        var_x = sum_xx - sum_x**2 / n
        var_y = sum_yy - sum_y**2 / n
        r = (sum_xy - sum_x * sum_y / n) / np.sqrt(var_x * var_y)
    varies = (n >= 3) & (var_x > _FLAT * n) & (var_y > _FLAT * n)
    r = np.where(varies, np.clip(r, -1.0, 1.0), np.nan)
    lags = np.arange(-n_lags, n_lags + 1) / rate_hz
    peak = int(np.argmax(np.where(varies, np.abs(r), -1.0)))
    return CrossCorrelation(
        lags_s=lags,
        r=r,
        n_pairs=n,
        peak_lag_s=float(lags[peak]) if varies.any() else float("nan"),
        peak_r=float(r[peak]),
        provenance=make_provenance(
            "compute_crosscorrelation",
            {"rate_hz": rate_hz, "max_lag_s": max_lag_s},
            n_samples=one.size,
        ),
    )


def _scale(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre and scale, so that sums keep their digits; and mark what is finite."""
    known = np.isfinite(x)
    values = x[known]
    spread = float(values.std()) if values.size else 0.0
    if values.size == 0 or spread <= 1e-12 * float(np.abs(values).max()):
        raise SignalFault(
            "a constant signal correlates with nothing.",
            found=f"{values.size} finite samples, SD {spread:g}",
            mend="leave the channel out; see what QC says of it",
        )
    scaled = np.where(known, (x - values.mean()) / spread, 0.0)
    return scaled, known.astype(np.float64)


def _sum_over_pairs(
    one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray], lags: int
) -> tuple[IntArray, FloatArray]:
    from scipy.fft import next_fast_len

    (x, known_x), (y, known_y) = one, other
    size = next_fast_len(x.size + lags, real=True)
    of_x = np.conj(np.fft.rfft(np.stack([known_x, x, x * x]), size))
    of_y = np.fft.rfft(np.stack([known_y, y, y * y]), size)
    products = np.stack(
        [
            of_x[0] * of_y[0],
            of_x[1] * of_y[0],
            of_x[0] * of_y[1],
            of_x[2] * of_y[0],
            of_x[0] * of_y[2],
            of_x[1] * of_y[1],
        ]
    )
    sums = np.roll(np.fft.irfft(products, size), lags, axis=1)[:, : 2 * lags + 1]
    return np.rint(sums[0]).astype(np.int64), sums[1:]
