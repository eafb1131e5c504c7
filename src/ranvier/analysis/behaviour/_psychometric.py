"""Psychometric functions: the chance of a choice to the right at each contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.behaviour._columns import length_fault
from ranvier.analysis.behaviour._likelihood import (
    PsychometricData,
    compute_probability,
    maximise_likelihood,
)
from ranvier.analysis.faults import InsufficientTrials
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import ArrayLike, FloatArray

PSYCHOMETRIC_PARAMETERS = (
    "bias",
    "threshold",
    "lapse_left",
    "lapse_right",
    "r_squared",
)
"""Numbers of a fit that go into a table of performance, besides its n_trials."""

PSYCHOMETRIC_BOUNDS = (
    (-50.0, 50.0),
    (10.0, 50.0),
    (0.0, 0.2),
    (0.0, 0.2),
)
"""Least and largest bias and threshold (percent), and g1, g2, of the IBL."""


@dataclass(frozen=True)
class PsychometricFit:
    """A psychometric function.

    P(right) = g1 + (1 - g1 - g2) (erf((x - bias) / threshold) + 1) / 2, x the signed
    contrast in percent.

    Parameters
    ----------
    bias
        Contrast at the middle of the curve, percent; positive is biased to the left.
    threshold
        Width of the curve, percent.
    lapse_left
        g2: chance of a choice to the left at a strong stimulus on the right.
    lapse_right
        g1: chance of a choice to the right at a strong stimulus on the left.
    r_squared
        1 - SS_residual / SS_total over the means at each contrast, at least 0; NaN if
        these are all the same.
    n_trials
        Trials that went in.
    log_likelihood
        Natural logarithm.
    n_failed_starts
        Starts of the search that came to no end; the best of the others is taken.
    provenance
        Bounds, number of starts.
    """

    bias: float
    threshold: float
    lapse_left: float
    lapse_right: float
    r_squared: float
    n_trials: int
    log_likelihood: float
    n_failed_starts: int
    provenance: Provenance

    @property
    def at_bounds(self) -> tuple[str, ...]:
        """Name the parameters that lie at a bound: the data wanted them beyond it.

        Returns
        -------
        tuple
            Of "bias", "threshold", "lapse_right", "lapse_left". A lapse of 0 is not
            named: it can't be less.
        """
        names = ("bias", "threshold", "lapse_right", "lapse_left")
        return tuple(
            name
            for name, bounds in zip(
                names, self.provenance.parameters["bounds"], strict=True
            )
            if getattr(self, name) in bounds and getattr(self, name) != 0.0
        )

    def predict(self, signed_contrast: ArrayLike) -> FloatArray:
        """Give the chance of a choice to the right.

        Parameters
        ----------
        signed_contrast
            Percent, negative on the left, any shape.

        Returns
        -------
        numpy.ndarray
            Shape of `signed_contrast`, 0 to 1.
        """
        x = np.asarray(signed_contrast, dtype=np.float64)
        parameters = (self.bias, self.threshold, self.lapse_right, self.lapse_left)
        return compute_probability(x, np.array(parameters))


def fit_psychometric(
    signed_contrast: ArrayLike,
    chose_right: ArrayLike,
    bounds: tuple[tuple[float, float], ...] = PSYCHOMETRIC_BOUNDS,
    session: str = "",
) -> PsychometricFit:
    """Fit a psychometric function by maximum likelihood.

    Parameters
    ----------
    signed_contrast
        Of each trial, shape (n_trials,), percent, negative on the left. Trials with NaN
        are left out.
    chose_right
        Whether the subject chose right, shape (n_trials,); NaN is left out, see
        `get_right_choices`. A no-go is not a choice to the right; leave it out before
        if it shall not count.
    bounds
        Least and largest bias, threshold, g1 and g2.
    session
        For the words of a fault.

    Returns
    -------
    PsychometricFit

    Raises
    ------
    InsufficientTrials
        If there are not two contrasts.
    AnalysisError
        If the arrays are not of the same length, or the bounds are empty.

    Notes
    -----
    The search is Fisher scoring with analytic derivatives, damped, within the bounds,
    from fixed starts side by side: the same data give the same fit. Model and bounds:
    International Brain Laboratory, eLife (2021), 10:e63711; Watson, Vision Research
    (1979), for the likelihood. Fewer than four contrasts do not fix four parameters:
    of those that are equally likely, one is given, always the same.

    Examples
    --------
    >>> contrast = np.repeat([-100.0, -25.0, 0.0, 25.0, 100.0], 20)
    >>> right = np.tile(np.arange(20), 5) < np.repeat([1, 3, 10, 17, 19], 20)
    >>> fit = fit_psychometric(contrast, right)
    >>> round(abs(fit.bias), 3), round(fit.lapse_left, 3)
    (0.0, 0.05)
    """
    data = {session: (signed_contrast, chose_right)}
    return fit_psychometrics(data, bounds)[session]


def fit_psychometrics(
    data: Mapping[str, tuple[ArrayLike, ArrayLike]],
    bounds: tuple[tuple[float, float], ...] = PSYCHOMETRIC_BOUNDS,
) -> dict[str, PsychometricFit]:
    """Fit several psychometric functions side by side.

    Parameters
    ----------
    data
        Name → signed contrasts and choices, as of `fit_psychometric`.
    bounds
        As of `fit_psychometric`.

    Returns
    -------
    dict
        Name → PsychometricFit, the same as one by one.

    Raises
    ------
    InsufficientTrials
        If one has not two contrasts.
    AnalysisError
        If arrays are not of the same length, or the bounds are empty.
    """
    box = np.asarray(bounds, dtype=np.float64)
    if box.shape != (4, 2) or not (box[:, 0] <= box[:, 1]).all() or box[1, 0] <= 0:
        raise AnalysisError(
            "the bounds of the psychometric function leave no room.",
            code="RV-A52",
            found=str(bounds),
            wanted="four pairs, least before largest; a threshold above 0",
            mend="give bounds of bias, threshold, and the two lapses",
        )
    if not data:
        return {}
    counts = [_count(name, *pair) for name, pair in data.items()]
    searched = maximise_likelihood(PsychometricData.join(counts), box)
    return {
        name: _make_fit(count, best, likelihood, failed, box)
        for name, count, best, likelihood, failed in zip(
            data,
            counts,
            searched.parameters,
            searched.log_likelihood,
            searched.n_failed,
            strict=True,
        )
    }


def _count(name: str, signed_contrast: ArrayLike, chose_right: ArrayLike) -> FloatArray:
    """Contrasts, trials at each, choices to the right at each: shape (3, n)."""
    x = np.asarray(signed_contrast, dtype=np.float64)
    right = np.asarray(chose_right, dtype=np.float64)
    if x.ndim != 1 or x.shape != right.shape:
        raise length_fault(f"contrasts {x.shape}, choices {right.shape}", "(n,) each")
    known = np.isfinite(x) & np.isfinite(right)
    levels, place = np.unique(x[known], return_inverse=True)
    if len(levels) < 2:
        raise InsufficientTrials(
            "a psychometric function needs two contrasts or more.",
            session=name,
            found=f"{int(known.sum())} trials at {len(levels)} contrasts",
            wanted="trials at two contrasts or more",
        )
    n = np.bincount(place, minlength=len(levels)).astype(np.float64)
    k = np.bincount(place, weights=right[known], minlength=len(levels))
    return np.stack([levels, n, k]).astype(np.float64)


def _make_fit(
    count: FloatArray, best: FloatArray, likelihood: float, failed: int, box: FloatArray
) -> PsychometricFit:
    x, n, k = count
    share = k / n
    total = ((share - share.mean()) ** 2).sum()
    residual = ((share - compute_probability(x, best)) ** 2).sum()
    n_trials = int(n.sum())
    return PsychometricFit(
        bias=float(best[0]),
        threshold=float(best[1]),
        lapse_left=float(best[3]),
        lapse_right=float(best[2]),
        r_squared=max(0.0, float(1 - residual / total)) if total > 0 else float("nan"),
        n_trials=n_trials,
        log_likelihood=float(likelihood),
        n_failed_starts=int(failed),
        provenance=make_provenance(
            "fit_psychometric",
            {"bounds": box.tolist()},
            n_trials=n_trials,
            n_contrasts=len(x),
            n_failed_starts=int(failed),
        ),
    )
