"""Covariance of a cell's responses to two stimuli: how alike neighbours are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Kernel = Callable[[Float, Float], Float]


@dataclass(frozen=True)
class PeriodicKernel:
    """Covariance of responses to two directions of motion.

    A von Mises bump over the difference of direction, plus one over twice the
    difference, so that a cell may answer to both directions along one axis; less its
    mean over the circle, and 1 for the same direction.

    Parameters
    ----------
    kappa
        Concentration of the bump: large is narrow.
    axial
        Share of the axial part, 0 to 1.

    Notes
    -----
    The periodic kernel: MacKay, Introduction to Gaussian processes (1998).

    Examples
    --------
    >>> kernel = PeriodicKernel(kappa=2.0)
    >>> a = np.array([[0.0]])
    >>> float(kernel(a, np.array([[350.0]]))[0, 0].round(2))
    0.96
    """

    kappa: float
    axial: float = 0.0

    def __call__(self, a: Float, b: Float) -> Float:
        """Covariance between points `a` (n, 1) and `b` (m, 1) in degrees: (n, m)."""
        angle = np.deg2rad(a[:, :1] - b[:, 0])
        bump = self._bump(angle)
        if self.axial == 0:
            return bump
        return (1.0 - self.axial) * bump + self.axial * self._bump(2.0 * angle)

    def _bump(self, angle: Float) -> Float:
        # The mean over the circle is taken off, so that the variance is that of the
        # tuning alone, however broad: a cell's mean response has a variance of its own.
        mean = float(np.exp(-self.kappa) * np.i0(self.kappa))
        return (np.exp(self.kappa * (np.cos(angle) - 1.0)) - mean) / (1.0 - mean)


@dataclass(frozen=True)
class BoxKernel:
    """Covariance of responses to two points of a box of stimulus parameters.

    Parameters
    ----------
    lengths
        Length scale along each axis, in the unit of the axis.
    smoothness
        ``"rbf"`` (infinitely smooth) or ``"matern"`` (order 5/2).

    Notes
    -----
    Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), 4.2.

    Examples
    --------
    >>> kernel = BoxKernel(lengths=(1.0, 2.0))
    >>> a = np.array([[0.0, 0.0]])
    >>> kernel(a, np.array([[1.0, 2.0]])).round(3)
    array([[0.368]])
    """

    lengths: tuple[float, ...]
    smoothness: str = "rbf"

    def __call__(self, a: Float, b: Float) -> Float:
        """Covariance between points `a` (n, d) and `b` (m, d): (n, m)."""
        scale = np.asarray(self.lengths)
        apart = ((a[:, None, :] - b[None, :, :]) / scale) ** 2
        squared = apart.sum(axis=2)
        if self.smoothness == "rbf":
            return np.exp(-0.5 * squared)
        r = np.sqrt(5.0 * squared)
        return (1.0 + r + r * r / 3.0) * np.exp(-r)


class Covariances:
    """Covariances of the stimuli shown and of a grid, each computed only once.

    Parameters
    ----------
    kernels
        The kernels; at least one.
    flat
        Variance of a constant that is added to each.

    Examples
    --------
    >>> shown = Covariances([PeriodicKernel(2.0)], flat=0.0)
    >>> shown.append(np.array([0.0]))
    >>> shown.append(np.array([90.0]))
    >>> shown.gram.round(2)
    array([[[ 1.  , -0.25],
            [-0.25,  1.  ]]])
    """

    def __init__(self, kernels: Sequence[Kernel], flat: float) -> None:
        self._kernels = tuple(kernels)
        self._flat = flat
        self._points: Float | None = None
        self._grid: Float | None = None
        n = len(self._kernels)
        self.gram: Float = np.zeros((n, 0, 0))
        self._prior: Float = np.zeros((n, 0, 0))
        self._cross: Float = np.zeros((n, 0, 0))

    def append(self, point: Float) -> None:
        """Take in a stimulus not shown before, shape (n_axes,)."""
        row = np.asarray(point, dtype=np.float64).reshape(1, -1)
        self._points = row if self._points is None else np.vstack([self._points, row])
        n = self._points.shape[0]
        grown = np.empty((len(self._kernels), n, n))
        grown[:, :-1, :-1] = self.gram
        grown[:, :, -1:] = self._evaluate(self._points, row)
        grown[:, -1, :] = grown[:, :, -1]
        self.gram = grown

    def over(self, grid: Float) -> tuple[Float, Float]:
        """Covariance of a grid with itself, and of the stimuli with the grid.

        Parameters
        ----------
        grid
            Points, shape (n_points, n_axes).

        Returns
        -------
        tuple of arrays
            (n_kernels, n_points, n_points) and (n_kernels, n_stimuli, n_points).
        """
        if self._grid is None or not np.array_equal(self._grid, grid):
            self._grid = grid.copy()
            self._prior = self._evaluate(grid, grid)
            self._cross = np.zeros((len(self._kernels), 0, grid.shape[0]))
        known = self._cross.shape[1]
        if self._points is not None and known < self._points.shape[0]:
            new = self._evaluate(self._points[known:], grid)
            self._cross = np.concatenate([self._cross, new], axis=1)
        return self._prior, self._cross

    def _evaluate(self, a: Float, b: Float) -> Float:
        return np.stack([kernel(a, b) for kernel in self._kernels]) + self._flat


def build_direction_kernels() -> tuple[PeriodicKernel, ...]:
    """Build the grid of kernels tried for directions: narrow to broad, axial or not.

    Returns
    -------
    tuple of PeriodicKernel
        From a cosine (kappa 0.1) to a bump of 28 degrees half width at half height.
    """
    kappas = (0.1, 1.0, 2.5, 6.0)
    return tuple(PeriodicKernel(k, axial) for axial in (0.0, 0.5) for k in kappas)


def build_box_kernels(
    low: Float, high: Float, smoothness: str = "matern"
) -> tuple[BoxKernel, ...]:
    """Build the grid of kernels tried for a box: lengths from 5 % to 80 % of it.

    Parameters
    ----------
    low, high
        Corners of the box, shape (n_axes,), unit of each axis.
    smoothness
        ``"rbf"`` or ``"matern"``.

    Returns
    -------
    tuple of BoxKernel
        All axes share one length relative to the side of the box.
    """
    side = np.asarray(high, float) - np.asarray(low, float)
    shares = (0.05, 0.1, 0.2, 0.4, 0.8)
    return tuple(
        BoxKernel(tuple(float(s) for s in share * side), smoothness) for share in shares
    )
