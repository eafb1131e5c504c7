"""Spikes inferred from calcium: the fluorescence of each cell deconvolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ranvier.core import NodeError
from ranvier.library._oasis import Kernel, Pools
from ranvier.library._samples import read_cells
from ranvier.library._trace_noise import RunningNoise, measure_noise
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]


class Deconvolved(NamedTuple):
    """What `deconvolve` finds in traces of shape (n_frames, n_cells).

    Parameters
    ----------
    spikes
        Peak that each frame's spikes add to the trace, unit of the trace, at least 0.
    calcium
        The trace without its noise, unit of the trace.
    penalty
        Cost of a spike that was used, shape (n_cells,).
    """

    spikes: Float
    calcium: Float
    penalty: Float


class Deconvolver(Transform):
    """Infer the spikes behind the ΔF/F of each cell, frame by frame.

    OASIS (Friedrich, Zhou & Paninski, PLoS Computational Biology 2017) with a kernel
    of given rise and decay; a rise of 0 is the AR(1) model. An event must stand
    `penalty` times above the noise that the kernel as a matched filter lets through;
    the noise of each cell is measured as it goes. `spikes` belong to the frame that
    lies `lag` before, so that what follows an event can still correct it.

    Spikes are in the unit of the input: the peak that they add to it. Frames without
    a value (NaN) have no spikes.

    Examples
    --------
    >>> node = Deconvolver(rate_hz=10, tau_rise=0, lag=0, penalty=0)
    >>> trace = [0, 0, 1, 0.82, 0.67]
    >>> frames = [node.process({"dff": np.float32([y])}) for y in trace]
    >>> [round(float(frame["spikes"][0]), 1) for frame in frames]
    [0.0, 0.0, 1.0, 0.0, 0.0]
    """

    activity = Input("mapping", help="Per frame: the ΔF/F of each cell.")
    inferred = Output(
        "mapping",
        help="All of the input, with `spikes` and `denoised` (n_cells,) float32, and "
        "`spikes_lag`, the frames by which spikes lie behind the rest.",
    )

    key = Parameter("dff", help="Name of the signal within the activity.")
    rate_hz = Parameter(15.0, unit="Hz", minimum=0.001, help="Frames per second.")
    tau_decay = Parameter(
        0.6, unit="s", minimum=0.001, help="Time constant of a transient's decay."
    )
    tau_rise = Parameter(
        0.07, unit="s", minimum=0.0, help="Time constant of its rise; 0 for AR(1)."
    )
    penalty = Parameter(
        1.0,
        minimum=0.0,
        live=True,
        help="How far an event must stand out, standard deviations of noise.",
    )
    lag = Parameter(
        0.2, unit="s", minimum=0.0, maximum=10.0, help="How late spikes are given."
    )

    _pools: Pools | None = None

    def setup(self) -> None:
        """Begin without cells.

        Raises
        ------
        NodeError
            If the rise is not shorter than the decay.
        """
        self._begin()

    def process(self, activity: Mapping[str, Any]) -> dict[str, Any]:
        """Take in one frame.

        Parameters
        ----------
        activity
            ΔF/F (n_cells,) under `key`, and anything else. Cells may join at any
            time; if there are suddenly fewer, all begin anew.

        Returns
        -------
        dict
            The same, with `spikes` (n_cells,) of `spikes_lag` frames before, and
            `denoised` (n_cells,) of this frame.

        Raises
        ------
        NodeError
            If the activity holds no such signal.
        """
        values = read_cells(activity, self.key)
        pools = self._pools
        if pools is None or len(values) < pools.n_cells:
            pools = self._begin()
        noise = self._noise.update(values)
        pools.add(values, self.penalty * noise * self._kernel.norm)
        spikes = pools.spikes_at(self._lag_frames) * self._kernel.peak
        return {
            **activity,
            "spikes": spikes.astype(np.float32),
            "denoised": pools.calcium().astype(np.float32),
            "spikes_lag": self._lag_frames,
        }

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the pools and the noise of all cells.

        Returns
        -------
        dict
            Arrays; empty before the first frame.
        """
        if self._pools is None:
            return {}
        return {**self._pools.to_state(), **self._noise.to_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        pools = self._begin()
        if state:
            pools.take_state(state)
            self._noise.take_state(state)

    def _begin(self) -> Pools:
        self._kernel = build_kernel(self.rate_hz, self.tau_decay, self.tau_rise)
        self._lag_frames = round(self.lag * self.rate_hz)
        # Twice the lag, so that a pool is never shifted out before it is read.
        self._pools = Pools(self._kernel, max(64, 2 * self._lag_frames + 4))
        self._noise = RunningNoise()
        return self._pools


def deconvolve(
    traces: ArrayLike,
    rate_hz: float,
    tau_decay_s: float,
    tau_rise_s: float = 0.0,
    penalty: float | None = None,
) -> Deconvolved:
    """Infer the spikes behind whole traces, all frames at hand.

    Parameters
    ----------
    traces
        ΔF/F or another fluorescence with its baseline taken off, shape
        (n_frames, n_cells) or (n_frames,), regularly sampled.
    rate_hz
        Frames per second.
    tau_decay_s, tau_rise_s
        Time constants of a transient, s; a rise of 0 is the AR(1) model.
    penalty
        Cost of a spike as in `Deconvolver`, in standard deviations of noise. None
        chooses it for each cell so that what is left over is as large as the noise
        (the constrained problem of the paper), at most 20.

    Returns
    -------
    Deconvolved
        Spikes and calcium, each (n_frames, n_cells).

    Raises
    ------
    NodeError
        If the rise is not shorter than the decay.

    Notes
    -----
    AR(1) is exact but for the penalty of the last frame, which counts as if decay
    went on; AR(2) is the greedy solution. Friedrich et al. (2017).

    Examples
    --------
    >>> calcium = np.exp(-np.arange(50) / 5.0)
    >>> result = deconvolve(np.append(np.zeros(10), calcium), 10.0, 0.5, penalty=0)
    >>> int(result.spikes[:, 0].argmax()), round(float(result.spikes.sum()), 3)
    (10, 1.0)
    """
    kernel = build_kernel(rate_hz, tau_decay_s, tau_rise_s)
    values = np.asarray(traces, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    noise = measure_noise(values) * kernel.norm
    if penalty is not None:
        return _deconvolve(values, kernel, penalty * noise)
    low, high = np.zeros(values.shape[1]), np.full(values.shape[1], 20.0)
    wanted = measure_noise(values) ** 2
    for _ in range(8):
        middle = (low + high) / 2
        calcium = _deconvolve(values, kernel, middle * noise).calcium
        left = _mean_known((values - calcium) ** 2)
        low, high = np.where(left < wanted, (middle, high), (low, middle))
    return _deconvolve(values, kernel, (low + high) / 2 * noise)


def build_kernel(rate_hz: float, tau_decay_s: float, tau_rise_s: float) -> Kernel:
    """Build the kernel of a transient.

    Parameters
    ----------
    rate_hz
        Frames per second.
    tau_decay_s, tau_rise_s
        Time constants, s; a rise of 0 is the AR(1) model.

    Returns
    -------
    Kernel
        The autoregressive process.

    Raises
    ------
    NodeError
        If the rise is not shorter than the decay.
    """
    if tau_rise_s >= tau_decay_s:
        raise NodeError(
            "a transient can't rise more slowly than it decays.",
            code="RV-N91",
            found=f"rise {tau_rise_s:g} s, decay {tau_decay_s:g} s",
            wanted="a rise shorter than the decay",
            mend="change the parameter tau_rise or tau_decay",
        )
    return Kernel(rate_hz, tau_decay_s, tau_rise_s)


def _deconvolve(values: Float, kernel: Kernel, penalty: Float) -> Deconvolved:
    n_frames, n_cells = values.shape
    pools = Pools(kernel, max(n_frames, 2))
    for frame in values:
        pools.add(frame, penalty)
    spikes = pools.spikes(n_frames) if n_frames else np.zeros(values.shape)
    calcium = np.zeros((n_frames + 2, n_cells))
    for t in range(n_frames):
        calcium[t + 2] = kernel.g1 * calcium[t + 1] + kernel.g2 * calcium[t] + spikes[t]
    return Deconvolved(kernel.peak * spikes, calcium[2:], penalty)


def _mean_known(values: Float) -> Float:
    known = np.isfinite(values)
    total: Float = np.where(known, values, 0.0).sum(axis=0)
    return total / np.maximum(known.sum(axis=0), 1)
