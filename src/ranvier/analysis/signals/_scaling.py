"""Signals in units that can be compared: ΔF/F and z-scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.analysis.arguments import check_option, make_shape_error
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.signals._inputs import as_columns, as_signal, select
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray

__all__ = ["ZscoreKind", "compute_dff", "compute_zscore"]

ZscoreKind = Literal["standard", "baseline", "modified"]
"""Which mean and spread a z-score refers to."""

_MAD_TO_SD = 0.6745
_FLAT = 1e-12


def compute_dff(signal: ArrayLike, baseline: ArrayLike) -> FloatArray:
    """Compute ΔF/F = (F - F0) / F0.

    Parameters
    ----------
    signal
        F, shape (n_samples,) or (n_samples, n_channels), any unit.
    baseline
        F0, of the same shape and unit.

    Returns
    -------
    numpy.ndarray
        Of the same shape, without unit. NaN where F0 is not above zero: a fluorescence
        has no fraction of nothing.

    Raises
    ------
    AnalysisError
        If the shapes differ.

    Examples
    --------
    >>> compute_dff([1.0, 3.0, 3.0], [2.0, 2.0, 0.0])
    array([-0.5,  0.5,  nan])
    """
    x, f0 = as_signal(signal), as_signal(baseline)
    if x.shape != f0.shape:
        raise make_shape_error(f"a baseline of shape {f0.shape}", f"{x.shape}")
    ground = np.where(f0 > 0.0, f0, np.nan)
    return (x - ground) / ground


def compute_zscore(
    signal: ArrayLike,
    kind: ZscoreKind = "standard",
    *,
    t: ArrayLike | None = None,
    window: tuple[float, float] | None = None,
    mask: ArrayLike | None = None,
) -> FloatArray:
    """Compute a z-score, each channel by itself.

    Parameters
    ----------
    signal
        Shape (n_samples,) or (n_samples, n_channels), any unit; NaN is left out of
        mean and spread, and stays NaN.
    kind
        ``"standard"``: (x - mean) / SD, ddof 0. ``"baseline"``: the same with mean and
        SD of the baseline that `window` or `mask` tells. ``"modified"``:
        0.6745 (x - median) / MAD, which transients hardly change.
    t
        Times, shape (n_samples,), s; needed with `window` only.
    window
        Start and end [start, end) of the samples that centre and spread are taken
        from, s, on the clock of `t`.
    mask
        Samples that they are taken from, bool, shape (n_samples,).

    Returns
    -------
    numpy.ndarray
        Of the signal's shape, in SD. A constant channel among others is NaN.

    Raises
    ------
    AnalysisError
        If the kind is none of these, or ``"baseline"`` comes without a baseline.
    SignalFault
        If no channel has a spread, or the window holds no sample.

    Notes
    -----
    Modified z-score: Iglewicz & Hoaglin, How to Detect and Handle Outliers (1993).

    Examples
    --------
    >>> compute_zscore([1.0, 2.0, 3.0]).round(3)
    array([-1.225,  0.   ,  1.225])
    >>> compute_zscore([1.0, 2.0, 3.0, 90.0], "modified").round(3)
    array([-1.012, -0.337,  0.337, 59.019])
    """
    check_option("the kind of z-score", kind, ("standard", "baseline", "modified"))
    x = as_signal(signal)
    if kind == "baseline" and window is None and mask is None:
        raise AnalysisError(
            "a baseline z-score has no baseline.",
            code="RV-A47",
            found="neither window nor mask",
            wanted="the samples of the baseline",
            mend="give a window in s, or a mask",
        )
    chosen = select(x.shape[0], t, window, mask)
    columns = as_columns(x)
    centre, spread = _measure(columns if chosen.all() else columns[chosen], kind)
    if not np.isfinite(spread).any():
        raise SignalFault(
            "the signal is constant, or has no finite sample.",
            found="no spread to divide by",
            mend="leave the channel out; see what QC says of it",
        )
    return ((columns - centre) / spread).reshape(x.shape)


def _measure(columns: FloatArray, kind: ZscoreKind) -> tuple[FloatArray, FloatArray]:
    centre = np.full(columns.shape[1], np.nan)
    spread = centre.copy()
    for channel, values in enumerate(columns.T):
        finite = np.isfinite(values)
        known = values if finite.all() else values[finite]
        if known.size == 0:
            continue
        if kind == "modified":
            centre[channel] = np.median(known)
            off = np.abs(known - centre[channel])
            spread[channel] = np.median(off) / _MAD_TO_SD
        else:
            centre[channel], spread[channel] = known.mean(), known.std()
        # The SD of a constant is not 0 but what its mean is rounded by.
        if spread[channel] <= _FLAT * abs(centre[channel]):
            spread[channel] = np.nan
    return centre, spread
