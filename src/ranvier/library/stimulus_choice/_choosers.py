"""Choosers of the next stimulus: `ask` for one, `tell` what it brought.

Pure classes without clock or input and output; the nodes in `_nodes` carry them
through a run. What a chooser asks for depends on its seed and on what it was told,
on nothing else, so a restarted one goes on as if it had never stopped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ranvier.core import NodeError
from ranvier.library.stimulus_choice._gaussian_process import GaussianProcess
from ranvier.library.stimulus_choice._kernels import build_direction_kernels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from ranvier.library.stimulus_choice._gaussian_process import Posterior
    from ranvier.library.stimulus_choice._kernels import Kernel

    Float = NDArray[np.float64]

Acquisition = Literal["information", "entropy", "improvement", "upper_bound"]

EQUAL = 1e-9
"""Candidates whose worth differs by less, relatively, are drawn by lot."""


class UniformChooser:
    """Choose among candidates by lot, each equally likely at each trial.

    Parameters
    ----------
    candidates
        Stimuli to choose from, shape (n_candidates,) or (n_candidates, n_axes).
    seed
        Seed of the lots.

    Raises
    ------
    NodeError
        If there is no candidate or one is not finite.

    Examples
    --------
    >>> chooser = UniformChooser([0, 90, 180, 270], seed=1)
    >>> chooser.ask() in (0, 90, 180, 270)
    True
    """

    def __init__(self, candidates: ArrayLike, seed: int = 0) -> None:
        self.candidates = _read_candidates(candidates)
        self.seed = seed
        self.n_told = 0

    def ask(self) -> Float:
        """Choose the next stimulus; the same until something is told.

        Returns
        -------
        numpy.ndarray
            One row of `candidates`: shape () or (n_axes,).
        """
        return self.candidates[self._draw()]

    def tell(self, value: ArrayLike, response: ArrayLike) -> None:
        """Take in what a trial brought.

        Parameters
        ----------
        value
            The stimulus shown: shape () or (n_axes,); need not be one asked for.
        response
            Response of each cell, shape (n_cells,), NaN where a cell was not seen.
        """
        del value, response
        self.n_told += 1

    def to_state(self) -> dict[str, Any]:
        """Give what the next choices depend on, for a checkpoint.

        Returns
        -------
        dict
            Numbers and arrays by name.
        """
        return {"seed": self.seed, "n_told": self.n_told}

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_state` gave.

        Parameters
        ----------
        state
            As given by `to_state`.
        """
        self.seed, self.n_told = int(state["seed"]), int(state["n_told"])

    def _draw(self) -> int:
        return int(self._lot(self.n_told).integers(len(self.candidates)))

    def _lot(self, number: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, number])


class BlockedChooser(UniformChooser):
    """Choose each candidate once a block, in an order drawn anew for each block.

    Examples
    --------
    >>> chooser = BlockedChooser([0, 90, 180, 270], seed=1)
    >>> shown = []
    >>> for _ in range(4):
    ...     shown.append(float(chooser.ask()))
    ...     chooser.tell(shown[-1], [0.0])
    >>> sorted(shown)
    [0.0, 90.0, 180.0, 270.0]
    """

    def _draw(self) -> int:
        block, place = divmod(self.n_told, len(self.candidates))
        return int(self._lot(block).permutation(len(self.candidates))[place])


class BayesianChooser(UniformChooser):
    """Choose the trial that is worth most, given all responses so far.

    Parameters
    ----------
    candidates
        Stimuli to choose from, shape (n_candidates,) or (n_candidates, n_axes).
    seed
        Seed of the lots that decide between equals.
    kernels
        Kernels of the Gaussian process; those for directions in degrees if None.
    acquisition
        What a trial is worth, mean over cells, each in units of its own scale:
        ``"information"`` variance taken away over all candidates (Cohn, Ghahramani
        & Jordan, J. Artif. Intell. Res. 4, 1996); ``"entropy"`` information on the
        tuning (MacKay, Neural Comput. 4, 1992); ``"improvement"`` expected
        improvement on the best response (Jones, Schonlau & Welch, J. Global Optim.
        13, 1998); ``"upper_bound"`` mean plus `width` sd (Srinivas et al., ICML 2010).
    cells
        Cells whose best stimulus is looked for, by index; empty for all. For the
        last two acquisitions only.
    width
        Standard deviations of the upper bound.

    Notes
    -----
    The two informative acquisitions find how a population is tuned. Where cells prefer
    all directions alike they spread the trials evenly, as blocks do; what saves trials
    against means over directions is the process (benchmarks/stimulus_choice.py). The
    last two find what drives cells most, and leave the rest uncertain.

    Examples
    --------
    >>> chooser = BayesianChooser(range(0, 360, 45), seed=1)
    >>> shown = []
    >>> for _ in range(8):
    ...     direction = float(chooser.ask())
    ...     chooser.tell(direction, [1.0 + np.cos(np.deg2rad(direction))])
    ...     shown.append(direction)
    >>> float(chooser.candidates[chooser.posterior().mean[0].argmax()])
    0.0
    """

    def __init__(
        self,
        candidates: ArrayLike,
        seed: int = 0,
        *,
        kernels: Sequence[Kernel] | None = None,
        acquisition: Acquisition = "information",
        cells: Sequence[int] = (),
        width: float = 2.0,
    ) -> None:
        super().__init__(candidates, seed)
        self.acquisition: Acquisition = acquisition
        self.cells = tuple(cells)
        self.width = width
        self._kernels = kernels or build_direction_kernels()
        self.process = GaussianProcess(self._kernels)
        self._believed: Posterior | None = None

    def tell(self, value: ArrayLike, response: ArrayLike) -> None:
        """Take in what a trial brought; see `UniformChooser.tell`.

        With fewer cells than before, the finder of cells began anew: the same index
        is another cell now, and what was believed is dropped.
        """
        super().tell(value, response)
        responses = np.asarray(response, dtype=np.float64)
        if responses.size < self.process.n_cells:
            self.process = GaussianProcess(self._kernels)
        self.process.add(np.atleast_1d(np.asarray(value, float)), responses)
        self._believed = None

    def posterior(self, grid: ArrayLike | None = None) -> Posterior:
        """Give what is believed of the tuning.

        Parameters
        ----------
        grid
            Stimuli, shape (n_points,) or (n_points, n_axes); the candidates if None.

        Returns
        -------
        Posterior
            Mean and sd of each cell at each point, and more.
        """
        if grid is not None:
            return self.process.compute_posterior(_as_rows(_read_candidates(grid)))
        if self._believed is None:
            rows = _as_rows(self.candidates)
            self._believed = self.process.compute_posterior(rows)
        return self._believed

    def compute_worth(self) -> Float:
        """Compute what a trial of each candidate is worth now.

        Returns
        -------
        numpy.ndarray
            Shape (n_candidates,), in the unit of the acquisition.
        """
        belief = self.posterior()
        if self.acquisition == "information" or belief.mean.shape[0] == 0:
            return belief.variance_gain
        if self.acquisition == "entropy":
            return belief.entropy_gain
        mine = [i for i in self.cells if 0 <= i < belief.mean.shape[0]]
        rows = mine or list(range(belief.mean.shape[0]))
        scale = belief.scale[rows, None]
        mean, sd = belief.mean[rows] / scale, belief.sd[rows] / scale
        if self.acquisition == "upper_bound":
            return (mean + self.width * sd).mean(axis=0)
        return compute_improvement(mean, sd).mean(axis=0)

    def to_state(self) -> dict[str, Any]:
        """Give what the next choices depend on, for a checkpoint.

        Returns
        -------
        dict
            Numbers and arrays by name.
        """
        return {**super().to_state(), **self.process.to_state()}

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_state` gave; see `UniformChooser.take_state`."""
        super().take_state(state)
        self.process.take_state(state)
        self._believed = None

    def _draw(self) -> int:
        worth = self.compute_worth()
        best = worth.max()
        equals = np.flatnonzero(worth >= best - EQUAL * abs(best))
        return int(self._lot(self.n_told).choice(equals))


def compute_improvement(mean: Float, sd: Float) -> Float:
    """Compute the expected improvement on the best mean of each row.

    Parameters
    ----------
    mean, sd
        Belief, shape (n_cells, n_candidates).

    Returns
    -------
    numpy.ndarray
        Same shape and unit; 0 where nothing is uncertain.

    Examples
    --------
    >>> compute_improvement(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]])).round(3)
    array([[0.399, 0.   ]])
    """
    apart = mean - mean.max(axis=1, keepdims=True)
    z = np.divide(apart, sd, out=np.zeros_like(apart), where=sd > 0)
    erf = np.array([math.erf(x) for x in (z / math.sqrt(2.0)).ravel()])
    below = 0.5 * (1.0 + erf.reshape(z.shape))
    density = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return np.where(sd > 0, apart * below + sd * density, 0.0)


def _as_rows(values: Float) -> Float:
    return values.reshape(values.shape[0], -1)


def _read_candidates(values: ArrayLike) -> Float:
    read = np.array(values, dtype=np.float64)
    if read.ndim not in {1, 2} or read.size == 0 or not np.isfinite(read).all():
        raise NodeError(
            "the stimuli to choose from are not a list of finite values.",
            code="RV-N80",
            found=f"shape {read.shape}",
            wanted="shape (n,) or (n, n_axes), at least one, all finite",
            mend="give for example [0, 45, 90, 135]",
        )
    return read
