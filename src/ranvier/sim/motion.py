"""A known movement of the tissue, to test motion correction against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int = NDArray[np.int64]


class Drift:
    """A wandering shift in whole pixels that stays near zero.

    An Ornstein-Uhlenbeck walk with a memory of 30 frames, rounded. Whole pixels,
    because moving by a part of one would blur the noise of the frame.

    Parameters
    ----------
    seed
        The same seed gives the same walk.
    size
        Standard deviation of the walk along each axis, px.
    """

    _KEEP = float(np.exp(-1 / 30))

    def __init__(self, seed: int, size: float) -> None:
        self._rng = np.random.default_rng([seed, *b"motion"])
        self._size = size
        self._at = np.zeros(2)

    def step(self) -> Int:
        """Give the shift of the next frame; the first is zero.

        Returns
        -------
        numpy.ndarray
            How far the tissue has moved along rows and columns, shape (2,), px.
        """
        shift = np.rint(self._at).astype(np.int64)
        push = np.sqrt(1 - self._KEEP**2) * self._size
        self._at = self._KEEP * self._at + push * self._rng.standard_normal(2)
        return shift


def known_shifts(seed: int, size: float, n_frames: int) -> Int:
    """Give the shifts of the first frames of a simulated preparation.

    Parameters
    ----------
    seed, size
        As given to the preparation.
    n_frames
        Number of frames.

    Returns
    -------
    numpy.ndarray
        Rows and columns, shape (n_frames, 2), px.

    Examples
    --------
    >>> known_shifts(seed=1, size=0.0, n_frames=3).tolist()
    [[0, 0], [0, 0], [0, 0]]
    """
    drift = Drift(seed, size)
    return np.array([drift.step() for _ in range(n_frames)]).reshape(n_frames, 2)


def move(frame: NDArray[Any], shift: Int) -> NDArray[Any]:
    """Move a frame by whole pixels; the border is repeated where nothing is known.

    Parameters
    ----------
    frame
        Shape (rows, columns).
    shift
        Along rows and columns, shape (2,), px.

    Returns
    -------
    numpy.ndarray
        The same shape and type.
    """
    height, width = int(frame.shape[0]), int(frame.shape[1])
    rows: Int = np.clip(np.arange(height) - int(shift[0]), 0, height - 1)
    columns: Int = np.clip(np.arange(width) - int(shift[1]), 0, width - 1)
    return frame[np.ix_(rows, columns)]
