"""Which frame comes next when a movie is played once, again, or to and fro."""

from __future__ import annotations

from typing import Literal

Loop = Literal["once", "repeat", "pingpong"]


def pick_frame(step: int, n_frames: int, loop: Loop = "once") -> int | None:
    """Give the frame that is shown at a step of a playback.

    To and fro, neither end is shown twice in a row, so activity has no jump there.

    Parameters
    ----------
    step
        Frames shown before this one, from 0.
    n_frames
        Frames of the movie, at least 1.
    loop
        What happens after the last frame.

    Returns
    -------
    int or None
        Index of the frame, or None after the end.

    Examples
    --------
    >>> [pick_frame(step, 3, "pingpong") for step in range(6)]
    [0, 1, 2, 1, 0, 1]
    >>> [pick_frame(step, 2, "once") for step in range(3)]
    [0, 1, None]
    """
    if loop == "once":
        return step if step < n_frames else None
    if loop == "repeat":
        return step % n_frames
    period = max(2 * (n_frames - 1), 1)
    phase = step % period
    return phase if phase < n_frames else period - phase
