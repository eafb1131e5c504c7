"""Fluorescence of overlapping cells, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Indices = NDArray[np.intp]

_MOST_SWEEPS = 30


class Rows:
    """Sparse images, one a row, stored one behind the other.

    Parameters
    ----------
    pixels, weights
        For each image its pixels (flat indices, at least one) and their weights.
    """

    def __init__(self, pixels: list[Indices], weights: list[Floats]) -> None:
        self.n = len(pixels)
        sizes = np.array([each.size for each in pixels], np.intp)
        self.offsets = np.concatenate((np.zeros(1, np.intp), np.cumsum(sizes)))
        empty = np.zeros(0, np.float32)
        self.pixels = np.concatenate(pixels) if pixels else np.zeros(0, np.intp)
        self.weights = np.concatenate(weights) if weights else empty

    def project(self, image: Floats) -> Floats:
        """Return the product of each row with an image.

        Parameters
        ----------
        image
            Flat, shape (n_pixels,).

        Returns
        -------
        Floats
            Shape (n,).
        """
        if self.n == 0:
            return np.zeros(0, np.float32)
        return np.add.reduceat(self.weights * image[self.pixels], self.offsets[:-1])

    def subtract(self, image: Floats, amounts: Floats) -> None:
        """Take so much of each row from an image, in place.

        Parameters
        ----------
        image
            Flat, shape (n_pixels,).
        amounts
            Shape (n,).
        """
        spread = np.repeat(amounts, np.diff(self.offsets))
        # `subtract.at` because overlapping cells name a pixel twice.
        np.subtract.at(image, self.pixels, self.weights * spread)


class Demixer:
    """Least-squares amounts of cells in an image, none below a bound of its own.

    The unbounded solution is one product with a stored inverse, and it is the exact
    answer wherever it keeps to the bounds, as it does in nearly all frames; the others
    are solved by block coordinate descent from the last answer (as in OnACID,
    Giovannucci et al., NIPS 2017; Friedrich et al., PLoS Comput. Biol. 13:e1005685,
    2017), a bounded number of sweeps.

    Parameters
    ----------
    gram
        Products of the footprints with one another, shape (n, n).
    """

    def __init__(self, gram: NDArray[np.float64]) -> None:
        self._gram = gram
        # Footprints alike beyond rounding are kept out before; the ridge is for those.
        ridge = 1e-9 * float(np.diag(gram).mean()) if gram.size else 0.0
        firm: NDArray[np.float64] = gram + ridge * np.eye(gram.shape[0])
        inverse = np.linalg.inv(firm)
        self._inverse: NDArray[np.float64] = inverse.astype(np.float64, copy=False)
        self._scale = np.diag(gram).copy()
        self._blocks = _color(gram)

    def solve(
        self,
        target: NDArray[np.float64],
        bound: NDArray[np.float64],
        start: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the amounts.

        Parameters
        ----------
        target
            Products of the footprints with the image, shape (n,).
        bound
            Least amount of each, shape (n,).
        start
            Where the descent begins, shape (n,).

        Returns
        -------
        NDArray
            Amounts, shape (n,).

        Examples
        --------
        >>> demixer = Demixer(np.array([[1.0, 0.5], [0.5, 1.0]]))
        >>> none = np.zeros(2)
        >>> demixer.solve(np.array([1.0, 0.0]), none, none).tolist()
        [1.0, 0.0]
        """
        free = self._inverse @ target
        if (free >= bound).all():
            return free
        amounts = np.maximum(start, bound)
        for _ in range(_MOST_SWEEPS):
            moved = 0.0
            for block in self._blocks:
                step = (target[block] - self._gram[block] @ amounts) / self._scale[
                    block
                ]
                new = np.maximum(amounts[block] + step, bound[block])
                moved = max(moved, float(np.abs(new - amounts[block]).max()))
                amounts[block] = new
            if moved <= 1e-6 * (1.0 + float(np.abs(amounts).max())):
                break
        return amounts


class Ring(NamedTuple):
    """The surroundings of a cell that its neuropil is read from."""

    pixels: Indices
    weights: Floats


def surround(
    center: tuple[float, float],
    diameter: float,
    taken: NDArray[np.bool_],
) -> Ring:
    """Return the pixels around a cell that belong to no cell.

    Parameters
    ----------
    center
        Row and column of the cell, px.
    diameter
        Of a cell, px.
    taken
        Pixels of any cell, shape (rows, columns).

    Returns
    -------
    Ring
        Flat indices and weights that sum to one; one pixel of weight zero if all
        around is taken.
    """
    shape = taken.shape
    inner, outer = 0.8 * diameter, 2.0 * diameter
    top, left = (max(0, int(c - outer)) for c in center)
    bottom, right = (
        min(n, int(c + outer) + 2) for c, n in zip(center, shape, strict=True)
    )
    rows, columns = np.mgrid[top:bottom, left:right]
    distance = np.hypot(rows - center[0], columns - center[1])
    free = (distance >= inner) & (distance <= outer) & ~taken[top:bottom, left:right]
    pixels = (rows[free] * shape[1] + columns[free]).astype(np.intp)
    if pixels.size == 0:
        return Ring(np.zeros(1, np.intp), np.zeros(1, np.float32))
    weight = np.full(pixels.size, 1.0 / pixels.size, np.float32)
    return Ring(pixels, weight)


def _color(gram: NDArray[np.float64]) -> list[Indices]:
    # Blocks of cells that do not touch one another within a block.
    n = gram.shape[0]
    touches = gram > 0.0
    color = np.full(n, -1)
    for i in range(n):
        used = set(color[touches[i]].tolist())
        color[i] = next(k for k in range(n + 1) if k not in used)
    return [np.nonzero(color == k)[0] for k in range(int(color.max(initial=-1)) + 1)]
