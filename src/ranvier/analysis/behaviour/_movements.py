"""Movements of the wheel: when they begin and end, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.behaviour._columns import length_fault
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance

if TYPE_CHECKING:
    from ranvier.analysis.arrays import ArrayLike, FloatArray, IntArray

# Encoder samples: to be a movement, and to have begun (IBL).
_SAMPLES, _SAMPLES_ONSET = 8.0, 1.5
_TURNS = (1024, 2048, 4096)


@dataclass(frozen=True)
class MovementRule:
    """What counts as a movement.

    Parameters
    ----------
    threshold
        Change of position within `window` that makes a movement; unit of the position.
    onset_threshold
        Distance from where it began at which it has begun.
    window
        Time in which the change must take place, s.
    min_gap
        Movements closer than this are one, s.
    min_duration
        Shorter ones do not count, s.
    """

    threshold: float = _SAMPLES * 2 * np.pi / 2048
    onset_threshold: float = _SAMPLES_ONSET * 2 * np.pi / 2048
    window: float = 0.2
    min_gap: float = 0.1
    min_duration: float = 0.05

    @classmethod
    def for_encoder(
        cls, samples_per_turn: float, turn: float = 2 * np.pi
    ) -> MovementRule:
        """Make the rule of the IBL, 8 and 1.5 samples, for an encoder.

        Parameters
        ----------
        samples_per_turn
            4096, 2048 or 1024, as all four, two or one kind of edge is counted.
        turn
            Position after one turn: 2 π for rad.

        Returns
        -------
        MovementRule

        Examples
        --------
        >>> round(MovementRule.for_encoder(2048).threshold, 5)
        0.02454
        """
        sample = turn / samples_per_turn
        return cls(_SAMPLES * sample, _SAMPLES_ONSET * sample)


@dataclass(frozen=True)
class Movements:
    """Movements of the wheel.

    Parameters
    ----------
    onsets, offsets
        Shape (n_movements,), s.
    peak_amplitudes
        Largest distance from the position at onset, with its sign, shape
        (n_movements,), unit of the position.
    t_peak_velocity
        When it was fastest, shape (n_movements,), s.
    provenance
        The rule; n_samples, n_movements.
    """

    onsets: FloatArray
    offsets: FloatArray
    peak_amplitudes: FloatArray
    t_peak_velocity: FloatArray
    provenance: Provenance


def infer_samples_per_turn(position: ArrayLike, turn: float = 2 * np.pi) -> int:
    """Tell from the steps of the position which edges the encoder counted.

    Parameters
    ----------
    position
        As the encoder sent it, not interpolated, shape (n,), rad.
    turn
        Position after one turn: 2 π for rad.

    Returns
    -------
    int
        1024, 2048 or 4096: the one whose step is nearest to the median step.

    Raises
    ------
    SignalFault
        If the position never changes.

    Examples
    --------
    >>> infer_samples_per_turn(np.arange(10) * 2 * np.pi / 4096)
    4096
    """
    steps = np.abs(np.diff(np.asarray(position, dtype=np.float64)))
    steps = steps[steps > 0]
    if steps.size == 0:
        raise SignalFault(
            "the wheel never moved.",
            channel="wheel",
            wanted="a position that changes",
            mend="look at the encoder; leave the wheel of this session out",
        )
    sizes = turn / np.array(_TURNS)
    return _TURNS[int(np.abs(sizes - np.median(steps)).argmin())]


def find_movements(
    t: ArrayLike, position: ArrayLike, rule: MovementRule | None = None
) -> Movements:
    """Find the movements of the wheel.

    A movement is where the position changes by more than `rule.threshold` within
    `rule.window`; such stretches closer than `rule.min_gap` are one. It begins at the
    last sample of its first window that is not farther than `rule.onset_threshold` from
    the first, and ends where no change of that size begins any more.

    Parameters
    ----------
    t
        Even steps, shape (n,), s; see `interpolate_wheel`, at 1000 Hz as in the IBL.
    position
        Shape (n,), rad, or the unit that the rule is in.
    rule
        That for 2048 encoder samples in a turn and rad unless given.

    Returns
    -------
    Movements

    Raises
    ------
    SignalFault
        If the steps are not even, or the position is not finite.
    AnalysisError
        If the arrays are not of the same length.

    Notes
    -----
    The IBL's algorithm (brainbox `wheel.movements`), whose expected onsets and offsets
    it is tested on, with a running maximum and minimum in place of all windows at once.
    Gaps and durations are counted in samples, so that they do not hang on the last bit
    of a time. brainbox (ibllib 4.1.0) leaves the onset of the last movement unset where
    it falls on the seam of two of its batches; here it is set.

    Examples
    --------
    >>> t = np.arange(2000) / 1000
    >>> moves = find_movements(t, np.clip(t - 1, 0, 0.5))
    >>> moves.onsets.round(3), moves.peak_amplitudes.round(3)
    (array([1.004]), array([0.471]))
    """
    rule = MovementRule() if rule is None else rule
    at, where, rate = _check_even(t, position)
    first, last = _find_bouts(where, rate, rule)
    first = _refine_onsets(where, first, rate, rule)
    lasting = (last - first) / rate >= rule.min_duration
    first, last = _join(first[lasting], last[lasting], rate, rule.min_gap)
    # A 10-point Gaussian, the IBL's; only its maximum is used.
    kernel = np.exp(-0.5 * ((np.arange(10) - 4.5) / 1.8) ** 2)
    speed = np.abs(np.convolve(np.diff(where, prepend=where[:1]), kernel, "same"))
    pairs = list(zip(first.tolist(), last.tolist(), strict=True))
    fastest = [m + int(speed[m:n].argmax()) for m, n in pairs]
    farthest = [m + int(np.abs(where[m:n] - where[m]).argmax()) for m, n in pairs]
    return Movements(
        at[first],
        at[last],
        where[np.array(farthest, dtype=np.int64)] - where[first],
        at[np.array(fastest, dtype=np.int64)],
        make_provenance(
            "find_movements",
            {"rate_hz": rate, **vars(rule)},
            n_samples=at.size,
            n_movements=len(pairs),
        ),
    )


def _find_bouts(
    where: FloatArray, rate: float, rule: MovementRule
) -> tuple[IntArray, IntArray]:
    """First sample of the first, and one after the last, window of each movement."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    width = max(round(rule.window * rate), 1)
    # The window of a sample begins at it; "nearest" lets it shrink at the end.
    origin = -(width // 2)
    highest = maximum_filter1d(where, width, mode="nearest", origin=origin)
    lowest = minimum_filter1d(where, width, mode="nearest", origin=origin)
    change = np.asarray(highest) - np.asarray(lowest)
    moving = np.concatenate([[False], change > rule.threshold])
    moving[-1] = False
    edges = np.flatnonzero(moving[1:] != moving[:-1]).astype(np.int64)
    return _join(edges[::2], edges[1::2], rate, rule.min_gap)


def _refine_onsets(
    where: FloatArray, first: IntArray, rate: float, rule: MovementRule
) -> IntArray:
    """Last sample of the first window that is still near where the window began."""
    width = max(round(rule.window * rate), 1)
    index = first[:, None] + np.arange(width)
    inside = index < where.size
    distance = np.abs(where[np.minimum(index, where.size - 1)] - where[first, None])
    still = inside & (distance <= rule.onset_threshold)
    return first + width - 1 - still[:, ::-1].argmax(1)


def _join(
    first: IntArray, last: IntArray, rate: float, min_gap: float
) -> tuple[IntArray, IntArray]:
    apart = (first[1:] - last[:-1]) / rate >= min_gap
    ends = np.ones(min(first.size, 1), dtype=np.bool_)
    return first[np.concatenate([ends, apart])], last[np.concatenate([apart, ends])]


def _check_even(
    t: ArrayLike, position: ArrayLike
) -> tuple[FloatArray, FloatArray, float]:
    at = np.asarray(t, dtype=np.float64)
    where = np.asarray(position, dtype=np.float64)
    if at.ndim != 1 or at.shape != where.shape:
        raise length_fault(f"times {at.shape}, positions {where.shape}", "(n,) each")
    steps = np.diff(at)
    step = float((at[-1] - at[0]) / steps.size) if steps.size else 0.0
    even = step > 0 and bool((np.abs(steps - step) < 1e-3 * step).all())
    if not even or not np.isfinite(where).all():
        raise SignalFault(
            "movements need the wheel at even steps.",
            channel="wheel",
            found=f"{at.size} samples, steps of {steps.min(initial=np.inf):g} s to "
            f"{steps.max(initial=-np.inf):g} s, "
            f"{int((~np.isfinite(where)).sum())} not finite",
            wanted="even steps, finite positions",
            mend="call `interpolate_wheel` at 1000 Hz before",
        )
    return at, where, round(1 / step, 6)
