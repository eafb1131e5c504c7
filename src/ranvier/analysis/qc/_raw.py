"""QC of raw frames: whether they came in time, and lit by the LEDs in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.qc._inputs import as_channel, as_times, check_lengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ranvier.analysis.arrays import ArrayLike

__all__ = [
    "count_band_inversions",
    "count_early_samples",
    "count_signal_below_reference",
    "fill_band_gaps",
]

_LIKE_THE_REST = 0.1


def count_early_samples(times: ArrayLike, tolerance_s: float = 0.001) -> int:
    """Count the raw frames that came earlier than the frame rate allows.

    Parameters
    ----------
    times
        Times of the interleaved raw frames, shape (n_frames,), s.
    tolerance_s
        A frame is early if the interval before it is shorter than the median interval
        by more than this, s.

    Returns
    -------
    int
        `n_early_samples` of the IBL pipeline.

    Raises
    ------
    SignalFault
        If there are fewer than 2 frames, or times go back.

    Examples
    --------
    >>> count_early_samples([0.0, 0.1, 0.2, 0.25, 0.35])
    1
    """
    intervals = np.diff(as_times(times))
    return int(np.sum(np.median(intervals) - intervals > tolerance_s))


def count_band_inversions(
    colors: Sequence[str] | NDArray[np.str_],
    times: ArrayLike,
    pair: tuple[str, str] = ("Violet", "Blue"),
) -> int:
    """Count the adjacent raw frames that the same LED lit.

    Parameters
    ----------
    colors
        Colour of each interleaved raw frame, shape (n_frames,); ``""`` where it is not
        known. Unknown ones are filled first, by `fill_band_gaps`.
    times
        Times of the frames, shape (n_frames,), s.
    pair
        The two colours that take turns.

    Returns
    -------
    int
        `n_band_inversions` of the IBL pipeline.

    Raises
    ------
    AnalysisError
        If there is not one colour for each frame.
    SignalFault
        If there are fewer than 2 frames, or times go back.

    Notes
    -----
    The README of that pipeline calls it "samples where GCaMP < Isosbestic"; for these
    see `count_signal_below_reference`.

    Examples
    --------
    >>> count_band_inversions(["Blue", "Violet", "Violet"], [0.0, 0.1, 0.2])
    1
    """
    filled = fill_band_gaps(colors, times, pair)
    return int(np.sum(filled[:-1] == filled[1:]))


def fill_band_gaps(
    colors: Sequence[str] | NDArray[np.str_],
    times: ArrayLike,
    pair: tuple[str, str] = ("Violet", "Blue"),
) -> NDArray[np.str_]:
    """Fill frames of unknown colour, where the frames themselves came in time.

    Parameters
    ----------
    colors
        Colour of each interleaved raw frame, shape (n_frames,); ``""`` if not known.
    times
        Times of the frames, shape (n_frames,), s.
    pair
        The two colours that take turns.

    Returns
    -------
    numpy.ndarray
        Colours, shape (n_frames,). A run of unknown ones takes turns from the colour
        before it, if the mean interval before its frames is within 10 % of the mean
        interval of all. Other runs stay as they are, and so does one at the very
        beginning, or after a colour that is not of the pair.

    Raises
    ------
    AnalysisError
        If there is not one colour for each frame.
    SignalFault
        If there are fewer than 2 frames, or times go back.

    Examples
    --------
    >>> fill_band_gaps(["Blue", "", "", "Violet"], [0.0, 0.1, 0.2, 0.3]).tolist()
    ['Blue', 'Violet', 'Blue', 'Violet']
    """
    t = as_times(times)
    width = max(map(len, pair))
    named = np.asarray(colors, dtype=np.str_)
    filled = named.astype(f"<U{max(width, named.dtype.itemsize // 4, 1)}")
    check_lengths(t, filled)
    interval = np.diff(t, prepend=np.nan)
    usual = float(np.mean(interval[1:]))
    edges = np.flatnonzero(np.diff(np.r_[False, filled == "", False]))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if start == 0 or filled[start - 1] not in pair:
            continue
        if abs(float(interval[start:stop].mean()) - usual) < _LIKE_THE_REST * usual:
            after = 1 - pair.index(str(filled[start - 1]))
            turns = (after + np.arange(stop - start)) % 2
            filled[start:stop] = np.asarray(pair)[turns]
    return filled


def count_signal_below_reference(signal: ArrayLike, reference: ArrayLike) -> int:
    """Count the samples at which the signal is weaker than its reference.

    Parameters
    ----------
    signal, reference
        Raw fluorescence of one channel in both bands, shape (n_samples,), one unit.

    Returns
    -------
    int
        Samples with both finite and the signal the smaller.

    Raises
    ------
    AnalysisError
        If lengths differ.
    SignalFault
        If they are empty.

    Notes
    -----
    No fault in itself: it depends on the power of the LEDs. A change within a session
    is one: the bands may be swapped from there on.

    Examples
    --------
    >>> count_signal_below_reference([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    1
    """
    x, y = as_channel(signal), as_channel(reference)
    check_lengths(x, y)
    return int(np.sum(x < y))
