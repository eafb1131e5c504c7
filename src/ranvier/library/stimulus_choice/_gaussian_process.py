"""Gaussian-process regression of many cells that saw the same stimuli.

Not a general GP library: repeated stimuli are summed up exactly, one
eigendecomposition serves all cells and all noise levels, and the few
hyperparameters live on a grid that is averaged over, never climbed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ranvier.library._moments import Moments
from ranvier.library.stimulus_choice._kernels import Covariances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ranvier.library.stimulus_choice._kernels import Kernel

    Float = NDArray[np.float64]

NOISE_LEVELS = np.array([0.03, 0.1, 0.3, 1.0, 4.0, 1000.0])
"""Trial variance divided by tuning variance: the grid of noise levels. The last is
a cell that is not tuned: without it, the noise of such cells is taken for tuning."""

FLAT_VARIANCE = 1.0
"""Prior variance of a cell's mean response, in units of its tuning variance."""

SCALE_TRIALS = 0.1
"""Weight of the population's variance in the variance of one cell, in trials. Chosen,
with the grids, on simulated populations other than those of the benchmark."""

EM_STEPS = 8
"""Passes that learn how common each hyperparameter is in the population."""

LEAST_WEIGHT = 0.05
"""Hyperparameters that for no cell weigh this part of its best one are left out."""


@dataclass(frozen=True)
class Posterior:
    """What is believed of the tuning of each cell at the points of a grid.

    Attributes
    ----------
    mean
        Expected response, shape (n_cells, n_points), unit of the responses.
    sd
        Its standard deviation, same shape and unit.
    noise_sd
        Standard deviation of one trial, shape (n_cells,), same unit.
    scale
        Size of each cell's tuning, shape (n_cells,), same unit.
    variance_gain
        How much one more trial at a point is expected to lower the variance
        over the whole grid, in squared scales, mean over cells, shape (n_points,).
    entropy_gain
        How much it is expected to tell of the tuning, in nats a cell, (n_points,).
    """

    mean: Float
    sd: Float
    noise_sd: Float
    scale: Float
    variance_gain: Float
    entropy_gain: Float


@dataclass(frozen=True)
class _Group:
    """Cells that saw each stimulus equally often, and what they share."""

    cells: NDArray[np.intp]
    counts: Float  # (m,) trials of each stimulus
    values: Float  # (k, m) eigenvalues for each of k kernels
    vectors: Float  # (k, m, m)
    rotated: Float  # (n, k, m) means of the cells in the eigenbasis
    within: Float  # (n,) squares about the stimulus means


class GaussianProcess:
    """Tuning of many cells over stimuli, with what is not known of it.

    Each cell is a Gaussian process with its own mean, scale and noise. Kernel and
    noise level of each cell are averaged over a grid, weighted by how well they
    explain the cell and how common they are in the population, so cells borrow
    strength from one another before they have data of their own.

    Parameters
    ----------
    kernels
        The kernels to average over; at least one.

    Notes
    -----
    Regression and marginal likelihood: Rasmussen & Williams, Gaussian Processes
    for Machine Learning (2006), 2.2 and 5.4; repeated stimuli as in Binois,
    Gramacy & Ludkovski, J. Comput. Graph. Stat. 27 (2018). Weights of the grid by
    expectation maximisation: Dempster, Laird & Rubin, J. R. Stat. Soc. B 39 (1977).
    Trials cost O(m^3) for m *different* stimuli, not for all trials.

    Examples
    --------
    >>> from ranvier.library.stimulus_choice import build_direction_kernels
    >>> process = GaussianProcess(build_direction_kernels())
    >>> for direction, response in ((0, 1.0), (90, 0.0), (180, 0.0), (0, 1.1)):
    ...     process.add(np.array([direction]), np.array([response]))
    >>> grid = np.array([[0.0], [180.0]])
    >>> bool(np.diff(process.compute_posterior(grid).mean[0]) < 0)
    True
    """

    def __init__(self, kernels: Sequence[Kernel]) -> None:
        self._kernels = tuple(kernels)
        self._covariances = Covariances(self._kernels, FLAT_VARIANCE)
        self._index: dict[tuple[float, ...], int] = {}
        self._moments = Moments(np.float64)

    @property
    def n_cells(self) -> int:
        """Number of cells seen so far."""
        return self._moments.n_cells

    @property
    def points(self) -> Float:
        """The different stimuli shown so far, shape (n_stimuli, n_axes)."""
        return np.array(list(self._index), dtype=np.float64)

    def add(self, point: Float, responses: Float) -> None:
        """Take in the responses to one trial.

        Parameters
        ----------
        point
            The stimulus, shape (n_axes,).
        responses
            One response a cell, shape (n_cells,), any unit; NaN where a cell was
            not seen. More cells than before are new cells.
        """
        key = tuple(float(x) for x in np.atleast_1d(point))
        if key not in self._index:
            self._index[key] = len(self._index)
            self._covariances.append(np.array(key))
        column = self._index[key]
        self._moments.add(column, np.asarray(responses, dtype=np.float64))

    def compute_posterior(self, grid: Float) -> Posterior:
        """Compute mean and uncertainty of every cell's tuning on a grid.

        Parameters
        ----------
        grid
            Stimuli, shape (n_points, n_axes).

        Returns
        -------
        Posterior
            Shapes follow `grid`; before any trial there are no cells, and the
            gains are those of the prior.
        """
        centre = self._compute_centre()
        counts, means = self._moments.counts, self._moments.means
        deviations = np.where(counts > 0, means - centre[:, None], 0.0)
        groups = [
            self._decompose(cells, deviations) for cells in _split_by_rows(counts)
        ]
        weights, variances = self._weigh(groups, deviations)
        posterior = self._predict(grid, groups, weights, variances)
        return replace(posterior, mean=posterior.mean + centre[:, None])

    def to_state(self) -> dict[str, Float]:
        """Give everything learnt as plain arrays, for a checkpoint.

        Returns
        -------
        dict
            points (n_stimuli, n_axes); counts, means, squares (n_cells, n_stimuli).
        """
        return {"points": self.points, **self._moments.to_state()}

    def take_state(self, state: Mapping[str, Float]) -> None:
        """Go on from what `to_state` gave.

        Parameters
        ----------
        state
            As given by `to_state`.
        """
        rows = np.asarray(state["points"], dtype=np.float64)
        self._index = {tuple(map(float, row)): i for i, row in enumerate(rows)}
        self._covariances = Covariances(self._kernels, FLAT_VARIANCE)
        for row in rows:
            self._covariances.append(row)
        self._moments.take_state(state)

    def _compute_centre(self) -> Float:
        """Mean response of each cell, shape (n_cells,); 0 where it saw nothing."""
        counts, means = self._moments.counts, self._moments.means
        return (counts * means).sum(axis=1) / np.maximum(counts.sum(axis=1), 1.0)

    def _decompose(self, cells: NDArray[np.intp], deviations: Float) -> _Group:
        """Rotate cells of equal counts into the basis where noise is diagonal."""
        counts = self._moments.counts[cells[0]]
        root = np.sqrt(counts)
        gram = self._covariances.gram
        values, vectors = np.linalg.eigh(gram * root[:, None] * root)
        rotated = np.einsum("nm,kmj->nkj", deviations[cells] * root, vectors)
        within = self._moments.squares[cells].sum(axis=1)
        return _Group(cells, counts, np.maximum(values, 0.0), vectors, rotated, within)

    def _weigh(
        self, groups: Sequence[_Group], deviations: Float
    ) -> tuple[Float, Float]:
        """Weight and squared scale of each cell under each kernel and noise level."""
        shape = (self.n_cells, len(self._kernels), NOISE_LEVELS.size)
        evidence, variances = np.zeros(shape), np.zeros(shape)
        total = self._moments.counts.sum()
        spread = (self._moments.squares + self._moments.counts * deviations**2).sum()
        typical = max(spread / total if total else 1.0, np.finfo(float).tiny * 1e20)
        for group in groups:
            trials = group.counts.sum()
            shifted = group.values[:, :, None] + NOISE_LEVELS  # (k, m, l)
            fit = np.einsum("nkm,kml->nkl", group.rotated**2, 1.0 / shifted)
            fit += group.within[:, None, None] / NOISE_LEVELS
            fit += SCALE_TRIALS * typical / (1.0 + NOISE_LEVELS)
            free = trials - np.count_nonzero(group.counts)
            # Stimuli not shown add log(noise) to the sum; they are no evidence.
            unseen = group.counts.size - np.count_nonzero(group.counts)
            volume = np.log(shifted).sum(axis=1) + (free - unseen) * np.log(
                NOISE_LEVELS
            )
            evidence[group.cells] = -0.5 * (
                volume + (trials + SCALE_TRIALS) * np.log(fit)
            )
            variances[group.cells] = fit / (trials + SCALE_TRIALS)
        return _share(evidence), variances

    def _predict(
        self, grid: Float, groups: Sequence[_Group], weights: Float, variances: Float
    ) -> Posterior:
        """Average predictions over the grid of kernels and noise levels."""
        prior, cross = self._covariances.over(grid)
        mean = np.zeros((self.n_cells, grid.shape[0]))
        variance = np.zeros_like(mean)
        gains = np.zeros((2, grid.shape[0])) if groups else _compute_prior_gains(prior)
        for group in groups:
            own = weights[group.cells], variances[group.cells]
            expected, square, gain = _average(group, prior, cross, *own)
            mean[group.cells] = expected
            variance[group.cells] = np.maximum(square - expected**2, 0.0)
            gains += gain
        noise = np.einsum("nkl,nkl,l->n", weights, variances, NOISE_LEVELS)
        scale = np.sqrt((weights * variances).sum(axis=(1, 2)))
        gains = gains / max(self.n_cells, 1)
        return Posterior(
            mean, np.sqrt(variance), np.sqrt(noise), scale, gains[0], gains[1]
        )


def _split_by_rows(counts: Float) -> list[NDArray[np.intp]]:
    """Group cells that saw each stimulus equally often."""
    if counts.size == 0:
        return []
    _, inverse = np.unique(counts, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    return [np.flatnonzero(inverse == i) for i in range(inverse.max() + 1)]


def _share(evidence: Float) -> Float:
    """Weights of the grid for each cell, with a prior learnt from all cells."""
    if evidence.shape[0] == 0:
        return evidence
    flat = evidence.reshape(evidence.shape[0], -1)
    likelihood = np.exp(flat - flat.max(axis=1, keepdims=True))
    prior = np.full(flat.shape[1], 1.0 / flat.shape[1])
    for _ in range(EM_STEPS):
        weights = likelihood * prior
        weights /= weights.sum(axis=1, keepdims=True)
        # One cell spread evenly over the grid keeps any level from dying out.
        prior = (weights.sum(axis=0) + 1.0 / prior.size) / (flat.shape[0] + 1.0)
    weights = likelihood * prior
    weights /= weights.sum(axis=1, keepdims=True)
    matters = weights >= LEAST_WEIGHT * weights.max(axis=1, keepdims=True)
    weights *= matters.any(axis=0)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.reshape(evidence.shape)


def _average(
    group: _Group, prior: Float, cross: Float, weights: Float, variances: Float
) -> tuple[Float, Float, Float]:
    """Mean and mean square of a group's tuning, and what a trial brings to it."""
    # Axes: n cells of the group, c combinations of kernel and noise level that
    # matter, m stimuli seen, g points of the grid.
    kernels, levels = np.nonzero(weights.any(axis=0))
    noise = NOISE_LEVELS[levels]
    weighted = cross * np.sqrt(group.counts)[:, None]
    turned = np.matmul(group.vectors.transpose(0, 2, 1), weighted)[kernels]
    shrunk = turned / (group.values[kernels] + noise[:, None])[:, :, None]
    left = prior[kernels] - np.matmul(turned.transpose(0, 2, 1), shrunk)
    here = np.maximum(np.diagonal(left, axis1=1, axis2=2), 0.0)
    own = weights[:, kernels, levels]
    first = np.matmul(group.rotated[:, kernels].transpose(1, 0, 2), shrunk)
    mean = np.einsum("nc,cng->ng", own, first)
    unsure = (own * variances[:, kernels, levels]) @ here
    square = np.einsum("nc,cng->ng", own, first**2) + unsure
    gain = _compute_gain(left, noise)
    return mean, square, np.einsum("c,acg->ag", own.sum(axis=0), gain)


def _compute_prior_gains(prior: Float) -> Float:
    """Compute what the first trial at each point brings, before cells are known."""
    n_levels = len(NOISE_LEVELS)
    left = np.repeat(prior, n_levels, axis=0)
    return _compute_gain(left, np.tile(NOISE_LEVELS, len(prior))).mean(axis=1)


def _compute_gain(left: Float, noise: Float) -> Float:
    """Variance (Cohn 1996) and entropy (MacKay 1992) taken away by one trial."""
    # Covariances left (c, g, g) and variances of a trial (c,) give (2, c, g).
    here = np.maximum(np.diagonal(left, axis1=1, axis2=2), 0.0)
    total = here + noise[:, None]
    variance = (left**2).mean(axis=1) / total
    return np.stack([variance, 0.5 * np.log1p(here / noise[:, None])])
