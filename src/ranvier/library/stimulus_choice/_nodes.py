"""The choosers as nodes: the result of a trial comes in, the next stimulus goes out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ranvier.core import NodeError
from ranvier.library.stimulus_choice._choosers import (
    BayesianChooser,
    BlockedChooser,
    UniformChooser,
)
from ranvier.library.stimulus_choice._kernels import build_box_kernels
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ranvier.library.stimulus_choice._choosers import Acquisition

    Float = NDArray[np.float64]

_DIRECTIONS = [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0]


class UniformChoice(Transform):
    """Choose the stimulus of the next trial by lot, each equally likely.

    It answers the end of each trial; the first trial is the preparation's own.

    Examples
    --------
    >>> node = UniformChoice(seed=3)
    >>> ended = {"trial": 0, "direction_deg": 45.0, "response": np.zeros(2)}
    >>> node.process(ended)["trial"]
    1
    """

    tuning = Input(
        "mapping",
        help="End of a trial: trial, the stimulus by name, response (n_cells,).",
    )
    stimulus = Output(
        "mapping", help="Stimulus of the next trial: trial, and each axis by name."
    )

    directions = Parameter(
        _DIRECTIONS,
        help="Directions to choose from, in degrees; not used where axes are given.",
    )
    axes = Parameter(
        dict[str, Any](),
        help="Other stimuli: each axis by name, [lowest, highest, number of steps].",
    )
    seed = Parameter(
        None,
        type="int",
        minimum=0,
        help="Seed of the lots; left out, it comes from the seed of the run.",
    )

    _chooser: UniformChooser | None = None

    @property
    def chooser(self) -> UniformChooser:
        """The chooser at work; built when first asked for."""
        if self._chooser is None:
            self._names, candidates = self._read_candidates()
            seed = self.seed
            if seed is None:
                seed = int(self.context.rng.integers(2**31))
            self._chooser = self._build(candidates, seed)
        return self._chooser

    def setup(self) -> None:
        """Read the candidates, so that a fault in them stops the start."""
        self._chooser = None
        self._chooser = self.chooser

    def process(self, tuning: Mapping[str, Any]) -> dict[str, Any]:
        """Take in the end of a trial.

        Parameters
        ----------
        tuning
            `trial`, each axis by name (`direction_deg`), and `response` (n_cells,),
            any unit, NaN where a cell was not seen; more keys are let be.

        Returns
        -------
        dict
            `trial`, one higher, and each axis by name.
        """
        self._tell(tuning)
        return self._ask(tuning)

    def checkpoint(self) -> dict[str, Any]:
        """Hand over what the next choices depend on.

        Returns
        -------
        dict
            State of the chooser.
        """
        return self.chooser.to_state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self.chooser.take_state(state)

    def _build(self, candidates: Float, seed: int) -> UniformChooser:
        return UniformChooser(candidates, seed)

    def _tell(self, tuning: Mapping[str, Any]) -> None:
        chooser = self.chooser
        shown = np.array([float(tuning[name]) for name in self._names])
        chooser.tell(shown, np.asarray(tuning["response"], dtype=np.float64))

    def _ask(self, tuning: Mapping[str, Any]) -> dict[str, Any]:
        values = np.atleast_1d(self.chooser.ask())
        chosen = {name: float(values[i]) for i, name in enumerate(self._names)}
        return {"trial": int(tuning["trial"]) + 1, **chosen}

    def _read_candidates(self) -> tuple[list[str], Float]:
        if not self.axes:
            directions = np.array(self.directions, dtype=np.float64)
            return ["direction_deg"], directions[:, None]
        steps = [_read_axis(name, axis) for name, axis in self.axes.items()]
        return list(self.axes), np.array(list(itertools.product(*steps)))


class BlockedChoice(UniformChoice):
    """Choose each stimulus once a block, in an order drawn anew for each block.

    Examples
    --------
    >>> node = BlockedChoice(directions=[0, 90], seed=3)
    >>> ended = {"trial": 0, "direction_deg": 0.0, "response": np.zeros(2)}
    >>> chosen = [node.process(ended)["direction_deg"] for _ in range(4)]
    >>> sorted(chosen[1:3])
    [0.0, 90.0]
    """

    def _build(self, candidates: Float, seed: int) -> UniformChooser:
        return BlockedChooser(candidates, seed)


class BayesianChoice(UniformChoice):
    """Choose the stimulus that is worth most, given all responses so far.

    A Gaussian process holds what is known of each cell's tuning; see
    `BayesianChooser` for what a trial is worth, and the sources.

    Examples
    --------
    >>> node = BayesianChoice(seed=3)
    >>> ended = {"trial": 0, "direction_deg": 0.0, "response": np.ones(2)}
    >>> answer = node.process(ended)
    >>> answer["stimulus"]["direction_deg"] != 0, answer["belief"]["mean"].shape
    (True, (2, 8))
    """

    belief = Output(
        "mapping",
        help="Tuning as believed: each axis (k,), mean and sd (n, k), worth (k,).",
    )

    acquisition = Parameter(
        "information",
        choices=("information", "entropy", "improvement", "upper_bound"),
        live=True,
        help="What is sought: how cells are tuned (first two), or what drives them.",
    )
    cells = Parameter(
        list[int](),
        items="int",
        live=True,
        help="Cells to drive, by index, where that is sought; empty for all.",
    )
    width = Parameter(
        2.0, minimum=0.0, live=True, help="Standard deviations of the upper bound."
    )
    smoothness = Parameter(
        "matern", choices=("matern", "rbf"), help="Kernel, where axes are given."
    )

    def process(self, tuning: Mapping[str, Any]) -> dict[str, Any]:
        """Take in the end of a trial; see `UniformChoice.process`.

        Returns
        -------
        dict
            `stimulus`: trial and each axis. `belief`: each axis (k,), `mean` and `sd`
            (n_cells, k) in the unit of the responses, `worth` (k,) of a trial there.
        """
        self._tell(tuning)
        chosen = self._ask(tuning)
        chooser = self._bayesian()
        posterior = chooser.posterior()
        belief = {
            "trial": int(tuning["trial"]),
            **{n: chooser.candidates[:, i] for i, n in enumerate(self._names)},
            "mean": posterior.mean,
            "sd": posterior.sd,
            "worth": chooser.compute_worth(),
        }
        return {"stimulus": chosen, "belief": belief}

    def on_parameter(self, name: str, old: Any, new: Any) -> None:
        """Hand a live parameter on to the chooser."""
        del old
        if self._chooser is not None and name in {"acquisition", "cells", "width"}:
            setattr(self._chooser, name, new)

    def _bayesian(self) -> BayesianChooser:
        chooser = self.chooser
        if not isinstance(chooser, BayesianChooser):
            raise TypeError(type(chooser).__name__)
        return chooser

    def _build(self, candidates: Float, seed: int) -> UniformChooser:
        kernels = None
        if self.axes:
            low, high = candidates.min(axis=0), candidates.max(axis=0)
            kernels = build_box_kernels(low, high, self.smoothness)
        return BayesianChooser(
            candidates,
            seed,
            kernels=kernels,
            acquisition=cast("Acquisition", self.acquisition),
            cells=self.cells,
            width=self.width,
        )


def _read_axis(name: str, axis: Any) -> Float:
    try:
        low, high, steps = axis
        values = np.linspace(float(low), float(high), int(steps))
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.size < 2 or not np.isfinite(values).all() or values[0] == values[-1]:
        raise NodeError(
            f'the axis "{name}" of the stimulus is not a range.',
            code="RV-N81",
            found=repr(axis),
            wanted="[lowest, highest, number of steps], two steps or more",
            mend=f"write for example {name}: [0, 1, 5]",
        )
    return values
