"""The isosbestic regression of a stream: recursive least squares that forget."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Literal, Mapping

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._stage import (
    ChannelMemory,
    Float,
    check_choice,
    compute_fade,
    refuse_shape,
    to_rows,
)

Robust = Literal["bisquare", "huber", "none"]

_BISQUARE = 4.685
_HUBER = 1.345
_CLIP = 2.5
# Mean of min(z², _CLIP²) for a standard normal z: makes the scale right for noise.
_CLIPPED_VARIANCE = (
    math.erf(_CLIP / math.sqrt(2.0))
    - 2.0 * _CLIP * math.exp(-(_CLIP**2) / 2.0) / math.sqrt(2.0 * math.pi)
    + _CLIP**2 * math.erfc(_CLIP / math.sqrt(2.0))
)
_N_PLAIN = 30
"""Samples before the scale of the residuals is trusted to tell outliers."""
_FLAT = 1e-24
"""Squared spread of the reference, over its squared mean, that is rounding alone."""


class RecursiveRegression:
    """Take out of a signal what a reference explains, from the past alone.

    Each sample is predicted by ``intercept + slope * reference`` as fitted to the
    samples *before* it; what is left is the corrected signal. The fit forgets with
    `time_constant`. Robust weights keep transients of the signal, which the reference
    has no part in, from pulling at the fit.

    The slope begins at 0 and is let in over about `settle` seconds. With a reference
    that has become constant it stays as it was. A pair with a value that is not
    finite gives NaN and leaves no trace.

    Parameters
    ----------
    rate_hz
        Samples per second.
    time_constant
        Time in which the weight of a sample falls to 1/e, s; infinite for a fit to
        all of the past.
    robust
        ``"bisquare"`` or ``"huber"``, weights by the standardised residual, with
        95 % efficiency on Gaussian noise; ``"none"`` for plain least squares.
    settle
        Time in which the slope is let in, s: the start counts as so long a past of
        slope 0, which is itself forgotten as fast.

    Raises
    ------
    NodeError
        If a time constant or the rate is not above 0 (RV-N98), or there are no such
        weights (RV-N93).

    Notes
    -----
    Recursive least squares with exponential forgetting (Haykin, Adaptive Filter
    Theory, chapter "The recursive least-squares algorithm"), in information form with
    centred moments (West, Commun. ACM 22, 1979). So nothing cancels, and the inverse
    covariance, which the usual form lets grow while the reference is still, does not
    occur. Weights: Huber, and Beaton & Tukey's bisquare. The scale is recursive:
    the forgetting mean of squared residuals, each clipped at 2.5 scales, made right
    for Gaussian noise. A clipped residual still lets it grow, so that after a step
    of the signal the fit comes back.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> motion = rng.normal(size=3000)
    >>> fit = RecursiveRegression(rate_hz=10.0)
    >>> left = fit.update(1.0 + 0.7 * motion, motion)
    >>> bool(abs(left[-1]) < 1e-3), fit.slope.round(3)
    (True, array([0.7]))
    """

    def __init__(
        self,
        rate_hz: float,
        time_constant: float = 300.0,
        *,
        robust: Robust = "bisquare",
        settle: float = 5.0,
    ) -> None:
        self._rate_hz = rate_hz
        check_choice("robust", robust, ("bisquare", "huber", "none"))
        self._robust = robust
        self._settling = compute_fade(settle, rate_hz)
        # weight, mean x, mean y, Sxx, Sxy, squared scale, count, weight of slope 0
        self._memory = ChannelMemory([0.0] * 7 + [settle * rate_hz])
        self.set_time_constant(time_constant)

    @property
    def slope(self) -> Float:
        """Slope as now fitted, (n_channels,), unit of signal over that of reference."""
        channels = self._memory.channels
        return np.array([_slope(m[0], m[3], m[4], m[7]) for m in channels])

    def set_time_constant(self, time_constant: float) -> None:
        """Forget faster or more slowly from now on.

        Parameters
        ----------
        time_constant
            s, above 0.

        Raises
        ------
        NodeError
            If it is not (RV-N98).
        """
        self._fade = compute_fade(time_constant, self._rate_hz)

    def update(self, signal: ArrayLike, reference: ArrayLike) -> Float:
        """Take in the next pairs.

        Parameters
        ----------
        signal, reference
            Of the same moments, (n_samples,) or (n_samples, n_channels).

        Returns
        -------
        numpy.ndarray
            Signal less its prediction, same shape and unit; 0 at the first pair.

        Raises
        ------
        NodeError
            If shapes differ, or are not those of a signal (RV-N97, RV-N95).
        """
        y, x = to_rows(signal), to_rows(reference)
        if y.shape != x.shape:
            raise refuse_shape(x.shape, f"a reference of the signal's shape {y.shape}")
        self._memory.fit(y)
        left = np.empty_like(y)
        for n, memory in enumerate(self._memory.channels):
            left[:, n] = self._run(y[:, n].tolist(), x[:, n].tolist(), memory)
        return left.reshape(np.shape(signal))

    def state(self) -> Dict[str, Any]:
        """Hand over what it remembers.

        Returns
        -------
        dict
            `memory` (n_channels, 8).
        """
        return self._memory.to_state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._memory.take_state(state)

    def _run(
        self, ys: List[float], xs: List[float], memory: List[float]
    ) -> List[float]:
        fade = self._fade
        weight, mx, my, sxx, sxy, scale2, n, prior = memory
        left: List[float] = []
        for y, x in zip(ys, xs):
            if y != y or x != x:
                left.append(math.nan)
                continue
            if n == 0.0:
                mx, my = x, y
            dx, dy = x - mx, y - my
            residual = dy - _slope(weight, sxx, sxy, prior) * dx
            left.append(residual)
            own = self._weigh(residual, scale2, n)
            n += 1.0
            scale2 += max(1.0 - fade, 1.0 / n) * (_clip(residual, scale2, n) - scale2)
            weight, prior = fade * weight + own, self._settling * prior
            sxx, sxy = fade * sxx, fade * sxy
            if own > 0.0:
                gain = own / weight
                mx, my = mx + gain * dx, my + gain * dy
                if (x - mx) * (x - mx) > _FLAT * mx * mx:
                    sxx += own * dx * (x - mx)
                    sxy += own * dx * (y - my)
        memory[:] = weight, mx, my, sxx, sxy, scale2, n, prior
        return left

    def _weigh(self, residual: float, scale2: float, n: float) -> float:
        if self._robust == "none" or n < _N_PLAIN or scale2 <= 0.0:
            return 1.0
        u2 = residual * residual / scale2
        if self._robust == "huber":
            return 1.0 if u2 <= _HUBER * _HUBER else _HUBER / math.sqrt(u2)
        inside = 1.0 - u2 / (_BISQUARE * _BISQUARE)
        return inside * inside if inside > 0.0 else 0.0


def _slope(weight: float, sxx: float, sxy: float, prior: float) -> float:
    # Below 1e-200 the moments lose digits: such a fit is long forgotten.
    if sxx < 1e-200:
        return 0.0
    return sxy / sxx * (weight / (weight + prior))


def _clip(residual: float, scale2: float, n: float) -> float:
    squared = residual * residual
    if n <= _N_PLAIN or scale2 <= 0.0:
        return squared
    return min(squared, _CLIP * _CLIP * scale2) / _CLIPPED_VARIANCE
