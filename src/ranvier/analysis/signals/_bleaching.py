"""Bleaching as one or two exponentials: the fit, and whether it can be told at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ranvier.analysis.arguments import check_option, check_range
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.signals._inputs import (
    as_channel,
    as_times,
    measure_interval,
    select,
)

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray

__all__ = ["BleachingFit", "BleachingModel", "fit_bleaching"]

BleachingModel = Literal["single", "double"]
"""How many exponentials."""

_SLOW_BOUNDS_S = (600.0, 36_000.0)
_FAST_RATIO = (1e-3, 0.95)
_LONGEST = 10.0
_IDENTIFIABLE_SPANS = 3.0
_IDENTIFIABLE_SE = 0.5
_N_BINS, _N_COARSE = 2048, 64
_LEAST = 16
_NOTHING = 1e-9


@dataclass(frozen=True)
class BleachingFit:
    """A fit of bleaching: F0 = offset + A exp(-t/τ) (+ A' exp(-t/τ')).

    Parameters
    ----------
    model
        ``"single"`` or ``"double"``.
    tau_s
        Time constant, s; of two the slow one.
    amplitude
        What it loses in all, unit of the signal, at `t_start_s`.
    offset
        What does not bleach, unit of the signal.
    tau_fast_s, amplitude_fast
        Of the fast one; NaN and 0 if there is one only.
    t_start_s
        Time that amplitudes refer to, s, on the signal's clock.
    tau_se_s
        Standard error of `tau_s`, s, from residuals that are averaged in 64 bins, so
        that slow fluctuation counts as such.
    r_squared
        Share of the signal's variance that the fit explains.
    is_identifiable
        False if the time constant can't be told from these data.
    note
        Why not; empty if it can.
    provenance
        How it was made.
    """

    model: BleachingModel
    tau_s: float
    amplitude: float
    offset: float
    tau_fast_s: float
    amplitude_fast: float
    t_start_s: float
    tau_se_s: float
    r_squared: float
    is_identifiable: bool
    note: str
    provenance: Provenance

    def evaluate(self, t: ArrayLike) -> FloatArray:
        """Compute the baseline at times.

        Parameters
        ----------
        t
            Times, any shape, s, on the signal's clock.

        Returns
        -------
        numpy.ndarray
            F0, of the shape of `t`, unit of the signal.
        """
        since = np.asarray(t, dtype=np.float64) - self.t_start_s
        baseline = self.offset + self.amplitude * np.exp(-since / self.tau_s)
        if self.model == "double":
            baseline += self.amplitude_fast * np.exp(-since / self.tau_fast_s)
        return baseline


@dataclass(frozen=True)
class _Problem:
    """The signal in bins of equal time, scaled: t from 0 to 1, y over its range."""

    t: FloatArray
    y: FloatArray
    weight: FloatArray
    span_s: float
    bounds: FloatArray


def fit_bleaching(
    t: ArrayLike,
    signal: ArrayLike,
    model: BleachingModel = "single",
    window: tuple[float, float] | None = None,
    tau_bounds_s: tuple[float, float] | None = None,
) -> BleachingFit:
    """Fit the bleaching of one channel.

    Parameters
    ----------
    t
        Sample times, shape (n_samples,), s, rising, on any clock.
    signal
        Raw fluorescence of one channel, shape (n_samples,), any unit; NaN is left out.
    model
        ``"single"`` or ``"double"``.
    window
        Fit to samples in [start, end) only, s on the clock of `t`: a baseline epoch,
        as before an injection.
    tau_bounds_s
        Least and largest time constant, s. By default, of one exponential 1/500 and
        10 times the time fitted; of two, those of Akam: the slow one from 600 to
        36,000 s.

    Returns
    -------
    BleachingFit

    Raises
    ------
    AnalysisError
        If the model is neither, or the bounds are not in order.
    SignalFault
        If fewer than 16 samples are finite, or they are constant.

    Notes
    -----
    Least squares with an amplitude that is not negative. Time and signal are scaled
    first, without which a solver takes a signal of 0.005 units for solved at its start
    (the fault of the IBL pipeline's τ). The start is the best of a grid of time
    constants with the linear parameters solved for each (variable projection: Golub &
    Pereyra, SIAM J. Numer. Anal. 10, 1973); then a bounded solver with the exact
    Jacobian. Long signals are averaged in 2,048 bins of equal time for the time
    constants; the mean of an exponential over a bin is that exponential but for a
    factor. Amplitudes and offset are then fitted to all samples.

    Two exponentials: Akam & Walton, Sci. Rep. 9 (2019) and Simpson et al., Neuron 112
    (2024): the fast time constant is a fraction of the slow one.

    Identifiable: τ at most 3 times as long as what was fitted, away from its bounds,
    its standard error at most half of it.

    Examples
    --------
    >>> t = np.arange(0.0, 1800.0, 1.0)
    >>> fit = fit_bleaching(t, 0.004 + 0.001 * np.exp(-t / 500.0))
    >>> round(fit.tau_s, 3), fit.is_identifiable
    (500.0, True)
    """
    from scipy.optimize import least_squares

    check_option("the model", model, ("single", "double"))
    times, y = _take(t, signal, window)
    scale = float(np.ptp(y))
    problem = _make_problem(times, y, model, tau_bounds_s)
    solver: Any = least_squares  # its stubs know no Jacobian that is a function
    solved = solver(
        _residuals,
        np.clip(_search(problem, model), *_parameter_bounds(problem, model)),
        _jacobian,
        bounds=_parameter_bounds(problem, model),
        args=(problem,),
        x_scale="jac",
        xtol=1e-12,
        ftol=1e-14,
        gtol=1e-12,
    )
    taus = np.exp(_log_taus(solved.x)) * problem.span_s
    since = times - times[0]
    linear, r_squared = _solve_linear(since, (y - y.min()) / scale, taus)
    tau_se = float(taus[0] * _standard_error(solved.x, problem))
    amplitudes = linear[1:] * scale
    note = _judge(taus, linear[1:], tau_se, problem)
    return BleachingFit(
        model=model,
        tau_s=float(taus[0]),
        amplitude=float(amplitudes[0]),
        offset=float(linear[0] * scale + y.min()),
        tau_fast_s=float(taus[1]) if model == "double" else float("nan"),
        amplitude_fast=float(amplitudes[1]) if model == "double" else 0.0,
        t_start_s=float(times[0]),
        tau_se_s=tau_se,
        r_squared=r_squared,
        is_identifiable=not note,
        note=note,
        provenance=make_provenance(
            "fit_bleaching",
            {"model": model, "window": window, "tau_bounds_s": tau_bounds_s},
            n_samples=y.size,
        ),
    )


def _take(
    t: ArrayLike, signal: ArrayLike, window: tuple[float, float] | None
) -> tuple[FloatArray, FloatArray]:
    y = as_channel(signal)
    times = as_times(t, y.size)
    chosen = select(y.size, times, window, None) & np.isfinite(y)
    y, times = y[chosen], times[chosen]
    if y.size < _LEAST:
        raise SignalFault(
            "there are too few samples to fit bleaching to.",
            found=f"{y.size} finite samples",
            wanted=f"{_LEAST} or more",
        )
    if np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise SignalFault(
            "a constant signal has no bleaching.",
            found=f"{y.size} samples of {y[0]:g}",
            mend="leave the channel out; see what QC says of it",
        )
    return times, y


def _make_problem(
    times: FloatArray,
    y: FloatArray,
    model: BleachingModel,
    bounds: tuple[float, float] | None,
) -> _Problem:
    span = float(times[-1] - times[0])
    x, v = (times - times[0]) / span, (y - y.min()) / np.ptp(y)
    weight = np.ones_like(v)
    if y.size > 2 * _N_BINS:
        x, v, weight = _average_in_bins(x, v, _N_BINS)
    if bounds is None:
        least = max(span / 500.0, 2.0 * measure_interval(times))
        bounds = _SLOW_BOUNDS_S if model == "double" else (least, _LONGEST * span)
    check_range("the least time constant", bounds[0], 0.0, bounds[1])
    log_bounds = np.log(np.array(bounds) / span)
    return _Problem(x, v, np.sqrt(weight), span, log_bounds)


def _average_in_bins(
    x: FloatArray, v: FloatArray, n_bins: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    place = np.minimum((x * n_bins).astype(np.intp), n_bins - 1)
    count = np.bincount(place, minlength=n_bins)
    some = count > 0
    count = count[some].astype(np.float64)
    mean_x = np.bincount(place, x, n_bins)[some] / count
    return mean_x, np.bincount(place, v, n_bins)[some] / count, count


def _search(problem: _Problem, model: BleachingModel) -> FloatArray:
    """Find the best start: offset, amplitude, log τ (, amplitude, log ratio)."""
    from scipy.optimize import nnls

    x, v, count = _average_in_bins(problem.t, problem.y, 4 * _N_COARSE)
    root = np.sqrt(count)
    ratios = np.log([0.01, 0.03, 0.1, 0.3, 0.6]) if model == "double" else [None]
    best: tuple[float, FloatArray] = (np.inf, np.zeros(0))
    for slow in np.linspace(problem.bounds[0], problem.bounds[1], 24):
        for ratio in ratios:
            logs = [slow] if ratio is None else [slow, slow + ratio]
            basis = [np.exp(-x / np.exp(log)) for log in logs]
            design = np.column_stack([np.ones_like(x), *basis]) * root[:, np.newaxis]
            linear, rest = nnls(design, v * root)
            if rest < best[0]:
                start = [linear[0], linear[1], slow]
                start += [] if ratio is None else [linear[2], ratio]
                best = (float(rest), np.array(start))
    return best[1]


def _parameter_bounds(
    problem: _Problem, model: BleachingModel
) -> tuple[FloatArray, FloatArray]:
    low = [-np.inf, 0.0, problem.bounds[0]]
    high = [np.inf, np.inf, problem.bounds[1]]
    if model == "double":
        low += [0.0, np.log(_FAST_RATIO[0])]
        high += [np.inf, np.log(_FAST_RATIO[1])]
    return np.array(low), np.array(high)


def _log_taus(p: FloatArray) -> FloatArray:
    return np.array([p[2]] if p.size == 3 else [p[2], p[2] + p[4]])


def _residuals(p: FloatArray, problem: _Problem) -> FloatArray:
    amplitudes = p[[1, 3]] if p.size == 5 else p[[1]]
    decays = np.exp(-np.outer(problem.t, np.exp(-_log_taus(p))))
    return problem.weight * (p[0] + decays @ amplitudes - problem.y)


def _jacobian(p: FloatArray, problem: _Problem) -> FloatArray:
    x = problem.t
    rates = np.exp(-_log_taus(p))
    decays = np.exp(-np.outer(x, rates))
    by_log = decays * np.outer(x, rates)  # derivative of exp(-x/τ) by log τ
    columns = [np.ones_like(x), decays[:, 0], p[1] * by_log[:, 0]]
    if p.size == 5:
        fast = p[3] * by_log[:, 1]
        columns[2] = columns[2] + fast
        columns += [decays[:, 1], fast]
    return problem.weight[:, np.newaxis] * np.column_stack(columns)


def _solve_linear(
    since: FloatArray, v: FloatArray, taus: FloatArray
) -> tuple[FloatArray, float]:
    """Solve offset and amplitudes on all samples; amplitudes not below zero."""
    from scipy.optimize import lsq_linear

    design = np.column_stack([np.ones_like(v)] + [np.exp(-since / tau) for tau in taus])
    # By way of QR: three numbers remain of all the samples.
    q, r = np.linalg.qr(design)
    linear = np.asarray(np.linalg.lstsq(r, q.T @ v, rcond=None)[0], np.float64)
    if (linear[1:] < 0.0).any():
        low = np.array([-np.inf] + [0.0] * len(taus))
        linear = np.asarray(lsq_linear(r, q.T @ v, (low, np.inf)).x)
    rest = v - design @ linear
    return linear, float(1.0 - rest @ rest / np.sum((v - v.mean()) ** 2))


def _standard_error(p: FloatArray, problem: _Problem) -> float:
    """Give the standard error of log τ, with what is left averaged in coarse bins."""
    left = _residuals(p, problem) / problem.weight
    x, rest, _ = _average_in_bins(problem.t, left, _N_COARSE)
    coarse = _Problem(x, rest, np.ones_like(x), problem.span_s, problem.bounds)
    slope = _jacobian(p, coarse)
    freedom = max(x.size - p.size, 1)
    try:
        covariance = np.linalg.inv(slope.T @ slope) * (rest @ rest) / freedom
    except np.linalg.LinAlgError:
        return float("inf")
    variance = float(covariance[2, 2])
    return float(np.sqrt(variance)) if variance >= 0.0 else float("inf")


def _judge(
    taus: FloatArray, shares: FloatArray, tau_se: float, problem: _Problem
) -> str:
    slow = float(taus[0])
    low, high = np.exp(problem.bounds) * problem.span_s
    if shares[0] <= _NOTHING:
        return "nothing bleaches"
    if len(taus) == 2 and shares[1] <= _NOTHING:
        return "there is one exponential only"
    if slow > _IDENTIFIABLE_SPANS * problem.span_s:
        return f"τ of {slow:.0f} s is too long for {problem.span_s:.0f} s of signal"
    if slow < 1.001 * low or slow > 0.999 * high:
        return f"τ of {slow:.3g} s is at its bound"
    if not tau_se <= _IDENTIFIABLE_SE * slow:
        return f"τ of {slow:.0f} s has a standard error of {tau_se:.3g} s"
    return ""
