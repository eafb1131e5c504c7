"""From raw fluorescence to a corrected z-score, as the nodes do it in a row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Dict, Mapping, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._bleaching import BleachingBaseline, Scale, compute_dff
from ranvier.causal._pairs import Alignment, PairAligner, Pairs
from ranvier.causal._regression import RecursiveRegression, Robust
from ranvier.causal._stage import Float
from ranvier.causal._zscore import RunningZScore


class Stage(Protocol):
    """What turns samples into as many samples, going on from piece to piece."""

    def update(self, *values: ArrayLike) -> Float:
        """Take in the next samples."""
        ...


def run_causal(stage: Stage, *signals: ArrayLike) -> Float:
    """Run a stage over a whole recording, off-line.

    It is one `update`: what a stage gives does not depend on how a signal is cut, so
    this is what the node gave sample by sample, to the bit.

    Parameters
    ----------
    stage
        Fresh, or at the state from which the recording goes on.
    signals
        What its `update` takes, (n_samples,) or (n_samples, n_channels).

    Returns
    -------
    numpy.ndarray
        What its `update` gives.

    Examples
    --------
    >>> run_causal(RunningZScore(rate_hz=1.0, warm_up=2.0), [0.0, 2.0, 4.0]).round(3)
    array([  nan, 1.   , 1.225])
    """
    return stage.update(*signals)


@dataclass(frozen=True)
class CausalSettings:
    """How a recording is corrected.

    Parameters
    ----------
    rate_hz
        Samples per second of each band.
    baseline_time_constant, scale
        See `BleachingBaseline`.
    regression_time_constant, robust
        See `RecursiveRegression`.
    zscore_time_constant, warm_up
        See `RunningZScore`.
    alignment, max_gap
        See `PairAligner`.
    """

    rate_hz: float = 30.0
    baseline_time_constant: float = 60.0
    scale: Scale = "log"
    regression_time_constant: float = 300.0
    robust: Robust = "bisquare"
    zscore_time_constant: float = math.inf
    warm_up: float = 10.0
    alignment: Alignment = "linear"
    max_gap: float = 1.0


class Corrected(NamedTuple):
    """Samples of the signal as they left the chain.

    Parameters
    ----------
    times
        Of the signal, (n_samples,), s.
    dff, reference_dff
        ΔF/F of signal and reference at these times, (n_samples, n_channels).
    corrected
        ΔF/F less what the reference explains, (n_samples, n_channels).
    z
        Its z-score, (n_samples, n_channels).
    """

    times: Float
    dff: Float
    reference_dff: Float
    corrected: Float
    z: Float


class CausalPhotometry:
    """Baseline, alignment, isosbestic regression and z-score, one after another.

    The same as the nodes `bleaching_correction` (one for each band),
    `isosbestic_correction` and `running_zscore` in a graph.

    Parameters
    ----------
    settings
        How; the defaults if left out.

    Examples
    --------
    >>> times = np.arange(900) / 30.0
    >>> motion = 0.05 * np.sin(times)
    >>> chain = CausalPhotometry()
    >>> done = chain.update(times, 2.0 + 2 * motion, times, 1.0 + motion)
    >>> done.z.shape, bool(np.abs(done.corrected[-1, 0]) < 0.01)
    ((900, 1), True)
    """

    def __init__(self, settings: CausalSettings | None = None) -> None:
        chosen = settings or CausalSettings()
        rate_hz = chosen.rate_hz
        constant, scale = chosen.baseline_time_constant, chosen.scale
        self._baseline = BleachingBaseline(rate_hz, constant, scale=scale)
        self._reference = BleachingBaseline(rate_hz, constant, scale=scale)
        self._aligner = PairAligner(chosen.alignment, chosen.max_gap)
        self._regression = RecursiveRegression(
            rate_hz, chosen.regression_time_constant, robust=chosen.robust
        )
        self._zscore = RunningZScore(
            rate_hz, chosen.zscore_time_constant, warm_up=chosen.warm_up
        )

    def update(
        self,
        times: ArrayLike,
        signal: ArrayLike,
        reference_times: ArrayLike,
        reference: ArrayLike,
    ) -> Corrected:
        """Take in the next samples of both bands.

        Parameters
        ----------
        times, reference_times
            (n_samples,), rising, s, one clock; the numbers may differ.
        signal, reference
            Fluorescence, (n_samples,) or (n_samples, n_channels), any unit.

        Returns
        -------
        Corrected
            The samples whose reference is now known.

        Raises
        ------
        NodeError
            If shapes do not fit (RV-N95, RV-N97).
        """
        pairs = self._aligner.update(
            times,
            compute_dff(signal, self._baseline.update(signal)),
            reference_times,
            compute_dff(reference, self._reference.update(reference)),
        )
        return self._correct(pairs)

    def state(self) -> Dict[str, Any]:
        """Hand over the states of its stages.

        Returns
        -------
        dict
            By stage.
        """
        return {name: stage.state() for name, stage in self._stages().items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        for name, stage in self._stages().items():
            stage.restore(state[name])

    def _correct(self, pairs: Pairs) -> Corrected:
        if not len(pairs.times):
            # Without samples the number of channels may not be known yet.
            nothing = np.zeros(pairs.signal.shape)
            return Corrected(pairs.times, nothing, nothing, nothing, nothing)
        left = self._regression.update(pairs.signal, pairs.reference)
        z = self._zscore.update(left)
        return Corrected(pairs.times, pairs.signal, pairs.reference, left, z)

    def _stages(self) -> Dict[str, Any]:
        return {
            "baseline": self._baseline,
            "reference": self._reference,
            "aligner": self._aligner,
            "regression": self._regression,
            "zscore": self._zscore,
        }
