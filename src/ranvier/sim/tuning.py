"""The hidden direction tuning of simulated cells: what an experiment is to find out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

DIRECTIONS_DEG = tuple(45.0 * step for step in range(8))

CellKind = Literal["tuned", "two_peaked", "untuned"]


@dataclass(frozen=True, eq=False)
class TuningTruth:
    """How fast each cell fires while a grating moves in some direction.

    The rate is a von Mises curve, or two of them 180 degrees apart, on a base:
    base + peak (exp(k (cos a - 1)) + second exp(k (cos (a - 180°) - 1))), where a is
    the angle to the preferred direction (Swindale, Biological Cybernetics 1998).

    Parameters
    ----------
    preferred_deg
        Preferred direction, shape (n_cells,), degrees, 0 to 360; NaN if untuned.
    concentration
        k of the von Mises curve, shape (n_cells,); the higher, the sharper.
    base_hz
        Rate in the least preferred direction, about, shape (n_cells,), Hz.
    peak_hz
        What the preferred direction adds, shape (n_cells,), Hz; 0 if untuned.
    second
        Height of the opposite peak as a part of the first, shape (n_cells,).
    """

    preferred_deg: Float
    concentration: Float
    base_hz: Float
    peak_hz: Float
    second: Float

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.preferred_deg)

    @property
    def kinds(self) -> tuple[CellKind, ...]:
        """What each cell is: tuned, two_peaked or untuned."""
        return tuple(
            "untuned" if peak == 0 else "two_peaked" if second > 0 else "tuned"
            for peak, second in zip(self.peak_hz, self.second, strict=True)
        )

    def compute_rates(self, directions_deg: ArrayLike) -> Float:
        """Give the rates of all cells in some directions.

        Parameters
        ----------
        directions_deg
            One direction or many, shape (...), degrees.

        Returns
        -------
        numpy.ndarray
            Spikes per second while the stimulus is on, shape (n_cells, ...), Hz.
        """
        direction = np.asarray(directions_deg, np.float64)
        shape = (-1, *[1] * direction.ndim)
        preferred = np.nan_to_num(self.preferred_deg).reshape(shape)
        cosine = np.cos(np.radians(direction - preferred))
        k = self.concentration.reshape(shape)
        towards, against = np.exp(k * (cosine - 1)), np.exp(-k * (cosine + 1))
        curve = towards + self.second.reshape(shape) * against
        return self.base_hz.reshape(shape) + self.peak_hz.reshape(shape) * curve


def hidden_tuning(seed: int, n_cells: int) -> TuningTruth:
    """Draw the tuning of a population.

    Preferred directions are spread evenly at random. Of the cells about 15 % are
    untuned, and 15 % answer the opposite direction too, at 50 to 90 %. Peaks are 8 to
    20 Hz, widths those of mouse visual cortex (k from 1 to 4: half width at half
    height 72 to 34 degrees).

    Parameters
    ----------
    seed
        The same seed and number give the same population, bit by bit.
    n_cells
        Number of cells, 0 or more.

    Returns
    -------
    TuningTruth
        What the simulated preparation plays with the same seed.

    Examples
    --------
    >>> truth = hidden_tuning(seed=0, n_cells=26)
    >>> truth.compute_rates(DIRECTIONS_DEG).shape
    (26, 8)
    """
    rng = np.random.default_rng([seed, *b"tuning"])
    # One row a cell, so that more cells leave the tuning of the first as it is.
    draw = rng.random((n_cells, 6))
    untuned, two_peaked = draw[:, 0] < 0.15, draw[:, 0] > 0.85
    return TuningTruth(
        preferred_deg=np.where(untuned, np.nan, 360.0 * draw[:, 1]),
        concentration=1.0 + 3.0 * draw[:, 2],
        base_hz=np.where(untuned, 1.0 + 4.0 * draw[:, 3], 0.5 * draw[:, 3]),
        peak_hz=np.where(untuned, 0.0, 8.0 + 12.0 * draw[:, 4]),
        second=np.where(two_peaked, 0.5 + 0.4 * draw[:, 5], 0.0),
    )
