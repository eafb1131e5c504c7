"""The cells found so far: their footprints, their surroundings, their fluorescence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ranvier.library._demixing import Demixer, Ring, Rows, surround

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]


_UNKNOWN = Ring(np.zeros(1, np.intp), np.zeros(1, np.float32))


class Readout(NamedTuple):
    """Fluorescence of each cell in one frame, unit of the movie, shape (n,) each.

    Parameters
    ----------
    raw
        Weighted mean over the footprint.
    neuropil
        Mean of the surroundings; 0 for a cell with none to itself.
    trace
        Demixed, freed of the neuropil's fluctuation, baseline included, not negative.
    explained
        How much of each footprint, above baseline, is in the frame.
    """

    raw: Floats
    neuropil: Floats
    trace: Floats
    explained: Floats

    def to_dict(self) -> dict[str, Floats]:
        """Return what is sent of it.

        Returns
        -------
        dict
            `raw`, `neuropil` and `trace`.
        """
        return {"raw": self.raw, "neuropil": self.neuropil, "trace": self.trace}


class Population:
    """Cells of one movie, in the order in which they were found.

    Parameters
    ----------
    shape
        Rows and columns of the frames, px.
    diameter
        Of a cell, px.
    """

    def __init__(self, shape: tuple[int, int], diameter: float) -> None:
        self.shape = shape
        self._diameter = diameter
        self._pixels: list[NDArray[np.intp]] = []
        self._weights: list[Floats] = []
        self._gram = np.zeros((0, 0))
        self._centers = np.zeros((0, 2))
        self._amounts = np.zeros(0)
        self._surrounds: list[Ring] = []
        self._build(())

    @property
    def n(self) -> int:
        """Cells found so far."""
        return len(self._pixels)

    def read(self, flat: Floats, baseline: Floats, neuropil_part: float) -> Readout:
        """Return the fluorescence of each cell in one frame.

        Parameters
        ----------
        flat, baseline
            The frame, and the baseline of each pixel, shape (n_pixels,).
        neuropil_part
            Part of the surrounding neuropil that is in a cell's pixels.

        Returns
        -------
        Readout
            Shapes (n,); NaN where a pixel of any cell is not finite.
        """
        above = flat - baseline
        scale = np.diag(self._gram)
        rest = self._rows.project(baseline) / scale
        around = self._rings.project(above)
        amount = self._rows.project(above) / scale
        raw = (rest + amount).astype(np.float32)
        target = (amount - neuropil_part * around) * scale
        if not np.isfinite(target).all():
            # Nothing can be said of this frame; the next one starts from the last.
            unknown = np.full(self.n, np.nan, np.float32)
            return Readout(unknown, unknown, unknown, unknown)
        self._amounts = self._demixer.solve(target, -rest, self._amounts)
        return Readout(
            raw=raw,
            neuropil=(around + self._rings.project(baseline)).astype(np.float32),
            # The bound is met to rounding only; clip what rounding leaves.
            trace=np.maximum(rest + self._amounts, 0.0).astype(np.float32),
            explained=self._amounts.astype(np.float32),
        )

    def subtract(self, flat: Floats, amounts: Floats) -> None:
        """Take the cells from an image, in place.

        Parameters
        ----------
        flat
            Shape (n_pixels,).
        amounts
            How much of each footprint, shape (n,).
        """
        if amounts.size:
            self._rows.subtract(flat, amounts)

    def overlap(
        self, footprint: Floats, top: int, left: int, but: int | None = None
    ) -> float:
        """Return how much a new footprint is like the one that it is most like.

        Parameters
        ----------
        footprint
            Weights in a window of the frame.
        top, left
            Where the window begins, px.
        but
            Number of a cell that is left out.

        Returns
        -------
        float
            Cosine between the two, from 0 to 1.
        """
        if self.n == 0:
            return 0.0
        products = self._rows.project(self._place(footprint, top, left).ravel())
        size = np.sqrt(np.diag(self._gram) * float((footprint**2).sum()))
        likeness = products / size
        if but is not None:
            likeness[but] = 0.0
        return float(likeness.max())

    def near(self, place: tuple[float, float], reach: float) -> NDArray[np.intp]:
        """Return the numbers of the cells whose centre is near a place.

        Parameters
        ----------
        place
            Row and column, px.
        reach
            Distance, px.

        Returns
        -------
        NDArray
            Numbers of cells.
        """
        away = self._centers - np.array(place)
        return np.nonzero(np.hypot(away[:, 0], away[:, 1]) <= reach)[0]

    def center_of(self, footprint: Floats, top: int, left: int) -> tuple[float, float]:
        """Return the centre of mass of a footprint in a window of the frame.

        Parameters
        ----------
        footprint
            Weights in a window of the frame.
        top, left
            Where the window begins, px.

        Returns
        -------
        tuple of float
            Row and column, px.
        """
        total = float(footprint.sum())
        rows, columns = np.indices(footprint.shape)
        return (
            top + float((footprint * rows).sum()) / total,
            left + float((footprint * columns).sum()) / total,
        )

    def add(self, footprint: Floats, top: int, left: int) -> None:
        """Take in a cell.

        Parameters
        ----------
        footprint
            Weights in a window of the frame, scaled by `normalise`.
        top, left
            Where the window begins, px.
        """
        n = self.n
        gram = np.zeros((n + 1, n + 1))
        gram[:n, :n] = self._gram
        self._gram = gram
        self._pixels.append(np.zeros(0, np.intp))
        self._weights.append(np.zeros(0, np.float32))
        self._centers = np.concatenate((self._centers, np.zeros((1, 2))))
        self._amounts = np.append(self._amounts, 0.0)
        self._surrounds.append(_UNKNOWN)
        self.replace(n, footprint, top, left)

    def replace(self, cell: int, footprint: Floats, top: int, left: int) -> None:
        """Give a cell another footprint.

        Parameters
        ----------
        cell
            Number of the cell.
        footprint
            Weights in a window of the frame, scaled by `normalise`.
        top, left
            Where the window begins, px.
        """
        flat = self._place(footprint, top, left).ravel()
        pixels = np.nonzero(flat)[0]
        self._pixels[cell], self._weights[cell] = pixels, flat[pixels]
        center = self.center_of(footprint, top, left)
        self._centers[cell] = center
        self._rows = Rows(self._pixels, self._weights)
        products = self._rows.project(flat).astype(np.float64)
        self._gram[cell] = self._gram[:, cell] = products
        # A surround reaches two diameters out, a footprint one: others are as before.
        self._build(self.near(center, 3.5 * self._diameter).tolist())

    def cut(self, cell: int, rows: slice, columns: slice) -> Floats:
        """Return a cell's footprint in a window of the frame.

        Parameters
        ----------
        cell
            Number of the cell.
        rows, columns
            The window.

        Returns
        -------
        Floats
            Weights in the window.
        """
        image = np.zeros(self.shape, np.float32)
        image.ravel()[self._pixels[cell]] = self._weights[cell]
        return image[rows, columns]

    def center(self, cell: int) -> tuple[int, int]:
        """Return the pixel in the middle of a cell.

        Parameters
        ----------
        cell
            Number of the cell.

        Returns
        -------
        tuple of int
            Row and column.
        """
        row, column = np.rint(self._centers[cell]).astype(int)
        return int(row), int(column)

    def describe(self) -> dict[str, Any]:
        """Return the cells as they are sent.

        Returns
        -------
        dict
            `n`; `centers` (n, 2), px; `shape` (2,); footprints as rows: `offsets`
            (n + 1,), `pixels` (flat indices) and `weights`.
        """
        return {
            "n": self.n,
            "centers": self._centers.astype(np.float32),
            "shape": np.array(self.shape, np.int32),
            "offsets": self._rows.offsets.astype(np.int32),
            "pixels": self._rows.pixels.astype(np.int32),
            "weights": self._rows.weights.astype(np.float32),
        }

    def save(self) -> dict[str, Any]:
        """Return all that is known of the cells.

        Returns
        -------
        dict
            As `describe`, with the Gram matrix and the last amounts.
        """
        return {**self.describe(), "gram": self._gram, "amounts": self._amounts.copy()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up what `save` returned."""
        bounds = np.asarray(state["offsets"])[1:-1]
        pixels = np.array(state["pixels"], np.intp)
        weights = np.array(state["weights"], np.float32)
        n = int(state["n"])
        self._pixels = np.split(pixels, bounds)[:n]
        self._weights = np.split(weights, bounds)[:n]
        self._gram = np.array(state["gram"], np.float64).reshape(n, n)
        self._centers = np.array(state["centers"], np.float64).reshape(n, 2)
        self._amounts = np.array(state["amounts"], np.float64)
        self._surrounds = [_UNKNOWN] * n
        self._build(range(n))

    def _build(self, changed: Iterable[int]) -> None:
        """Prepare what each frame is read with; cells with new surroundings named."""
        self._rows = Rows(self._pixels, self._weights)
        self._demixer = Demixer(self._gram)
        taken = np.zeros(self.shape, bool)
        taken.ravel()[self._rows.pixels] = True
        for cell in changed:
            row, column = (float(place) for place in self._centers[cell])
            self._surrounds[cell] = surround((row, column), self._diameter, taken)
        self._rings = Rows(
            [each.pixels for each in self._surrounds],
            [each.weights for each in self._surrounds],
        )

    def _place(self, footprint: Floats, top: int, left: int) -> Floats:
        # A footprint of a window as an image of the frame.
        image = np.zeros(self.shape, np.float32)
        rows, columns = footprint.shape
        image[top : top + rows, left : left + columns] = footprint
        return image
