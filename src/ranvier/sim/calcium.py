"""Calcium responses of cells, and the photons that they add to a movie."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Where real cells lie in a movie, and how bright they are at rest.

    Parameters
    ----------
    footprints
        Weight of each pixel, shape (n_cells, rows, columns), 0 to 1.
    baseline
        Brightness at rest, shape (rows, columns), detector counts.
    photon_gain
        Detector counts that one photon makes.
    """

    footprints: Float
    baseline: Float
    photon_gain: float

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.footprints)


def read_cells(path: Path) -> Cells:
    """Read footprints that were found off-line.

    Parameters
    ----------
    path
        HDF5 file with the datasets `footprints` and `baseline` and the attribute
        `photon_gain`.

    Returns
    -------
    Cells
        As `Cells` says.

    Raises
    ------
    NodeError
        If the file is missing, damaged or holds something else.
    """
    h5py: Any = importlib.import_module("h5py")
    try:
        with h5py.File(path, "r") as file:
            footprints = np.asarray(file["footprints"], np.float64)
            baseline = np.asarray(file["baseline"], np.float64)
            gain = float(file.attrs["photon_gain"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise NodeError(
            f'the footprints in "{path.name}" can\'t be read.',
            code="RV-N78",
            where=str(path),
            found=str(error),
            wanted="an HDF5 file with footprints, baseline and photon_gain",
            mend="give the file that tools/make_demo_cells.py writes",
        ) from error
    return Cells(footprints, baseline, gain)


class CalciumDynamics:
    """Spikes in, ΔF/F out: one double-exponential transient a spike, summed.

    A spike shows from the next frame on; an isolated transient peaks at
    `dff_per_spike`. The two exponentials make an autoregressive process of order two
    (Vogelstein et al., Journal of Neurophysiology 2010).

    Parameters
    ----------
    n_cells
        Number of cells.
    rate_hz
        Frames per second.
    tau_rise_s, tau_decay_s
        Time constants, s; rise shorter than decay.
    dff_per_spike
        Peak of one transient, ΔF/F.

    Examples
    --------
    >>> cell = CalciumDynamics(1, 15.0, tau_rise_s=0.07, tau_decay_s=0.6)
    >>> trace = [cell.step(np.array([frame == 0]))[0] for frame in range(20)]
    >>> round(float(max(trace)), 3)
    0.15
    """

    def __init__(
        self,
        n_cells: int,
        rate_hz: float,
        tau_rise_s: float = 0.07,
        tau_decay_s: float = 0.6,
        dff_per_spike: float = 0.15,
    ) -> None:
        self._decay = np.exp(-1.0 / (rate_hz * tau_decay_s))
        self._rise = np.exp(-1.0 / (rate_hz * tau_rise_s))
        time = np.arange(1 + int(10 * tau_decay_s * rate_hz))
        peak = np.max(self._decay**time - self._rise**time)
        self._scale = dff_per_spike / peak
        self._slow = np.zeros(n_cells)
        self._fast = np.zeros(n_cells)

    def step(self, spikes: NDArray[Any]) -> Float:
        """Go on by one frame.

        Parameters
        ----------
        spikes
            Spikes of each cell in this frame, shape (n_cells,).

        Returns
        -------
        numpy.ndarray
            ΔF/F in this frame, shape (n_cells,).
        """
        self._slow = self._slow * self._decay + spikes
        self._fast = self._fast * self._rise + spikes
        return self._scale * (self._slow - self._fast)


class PhotonPainter:
    """Adds the photons of active cells to a frame, with the shot noise they bring.

    A ΔF/F of 1 doubles the fluorescence of a cell at rest, both weighted with its
    footprint. The number of photons at each pixel is a Poisson draw, so variance
    grows with brightness as it does in the movie itself.

    Parameters
    ----------
    cells
        Footprints and brightness at rest.
    rng
        Where the draws come from.
    """

    def __init__(self, cells: Cells, rng: np.random.Generator) -> None:
        flat = cells.footprints.reshape(cells.n_cells, cells.baseline.size)
        rest = np.clip(flat @ cells.baseline.ravel(), 0.0, None)
        energy = np.maximum((flat**2).sum(axis=1), 1e-12)
        self._pixels = np.flatnonzero(flat.any(axis=0))
        photons = flat * (rest / energy / cells.photon_gain)[:, None]
        self._photons = np.ascontiguousarray(photons[:, self._pixels].T)
        self._gain = cells.photon_gain
        self._rng = rng

    def add(self, dff: Float, frame: NDArray[Any]) -> None:
        """Add to a frame in place.

        Parameters
        ----------
        dff
            ΔF/F of each cell, shape (n_cells,); below 0 counts as 0.
        frame
            Detector counts, contiguous, shape (rows, columns), any number type; what
            would exceed that type is clipped to it.
        """
        expected = self._photons @ np.clip(dff, 0.0, None)
        counts = self._gain * self._rng.poisson(expected)
        flat = frame.reshape(-1)
        if frame.dtype.kind == "f":
            flat[self._pixels] += counts
            return
        limits = np.iinfo(frame.dtype)
        bright = np.rint(flat[self._pixels] + counts)
        flat[self._pixels] = np.clip(bright, limits.min, limits.max)
