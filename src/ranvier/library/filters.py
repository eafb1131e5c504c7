"""Causal filters for signals that arrive sample by sample or in short pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ranvier.core import NodeError
from ranvier.library._butterworth import SectionFilter, design_butterworth
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from ranvier.library._butterworth import Band

    Float = NDArray[np.float64]


class OnlineFilter(Transform):
    """Filter each channel with a causal Butterworth filter.

    A message is one value a channel (n_channels,), or with `blocks` a piece of signal
    (n_samples, n_channels); the state goes on from message to message, so cutting the
    signal differently changes nothing. It begins as if the first value had always
    been there, so an offset makes no step. A value that is not finite is handed on
    as NaN and its channel begins anew after it.

    Examples
    --------
    >>> node = OnlineFilter(band="lowpass", high_hz=10, rate_hz=1000)
    >>> [float(node.process(np.array([2.0]))[0].round(6)) for _ in range(3)]
    [2.0, 2.0, 2.0]
    """

    signal = Input("any", help="(n_channels,), with blocks (n_samples, n_channels).")
    filtered = Output(None, help="The same shape, float64.")

    band = Parameter(
        "lowpass",
        choices=("lowpass", "highpass", "bandpass"),
        help="What passes: below high_hz, above low_hz, or between them.",
    )
    low_hz = Parameter(
        1.0, unit="Hz", minimum=0.0, live=True, help="Lower edge, at -3 dB."
    )
    high_hz = Parameter(
        10.0, unit="Hz", minimum=0.0, live=True, help="Upper edge, at -3 dB."
    )
    order = Parameter(
        2, minimum=1, maximum=12, help="Order; a band-pass has twice as many poles."
    )
    rate_hz = Parameter(1000.0, unit="Hz", minimum=0.0, help="Samples per second.")
    blocks = Parameter(
        False, help="If true, the first axis of a message of two axes is time."
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._filter = SectionFilter(self._design({}))

    def on_parameter(self, name: str, old: Any, new: Any) -> None:
        """Take up a new edge; what the filter remembers is kept."""
        del old
        if name in {"low_hz", "high_hz"}:
            self._filter.sections = self._design({name: new})

    def process(self, signal: ArrayLike) -> Float | np.float64:
        """Filter one message.

        Parameters
        ----------
        signal
            Shape () or (n_channels,), with `blocks` (n_samples,) or
            (n_samples, n_channels).

        Returns
        -------
        numpy.ndarray or numpy.float64
            The same shape, float64, same unit.
        """
        values = np.asarray(signal, dtype=np.float64)
        if self.blocks:
            rows = values.reshape(values.shape[0], -1)
        else:
            rows = values.reshape(1, -1)
        return self._filter.run(rows).reshape(values.shape)[()]

    def checkpoint(self) -> dict[str, Float]:
        """Hand over what the filter remembers.

        Returns
        -------
        dict
            `memory` (n_sections, 2, n_channels) and `is_new` (n_channels,).
        """
        return self._filter.to_state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what the filter remembered.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._filter.take_state(state)

    def _design(self, new: Mapping[str, float]) -> Float:
        edges = {"low_hz": self.low_hz, "high_hz": self.high_hz, **new}
        band = cast("Band", self.band)
        if band == "lowpass":
            corner = (edges["high_hz"],)
        elif band == "highpass":
            corner = (edges["low_hz"],)
        else:
            corner = (edges["low_hz"], edges["high_hz"])
        return design_butterworth(self.order, corner, self.rate_hz, band)


class MovingAverage(Transform):
    """Average the last messages, element by element.

    Before `window` messages have come it averages what there is. NaN counts as
    missing; an element with nothing but NaN in the window is NaN.

    Examples
    --------
    >>> node = MovingAverage(window=2)
    >>> [float(node.process(x)) for x in (1.0, 3.0, 5.0)]
    [1.0, 2.0, 4.0]
    """

    signal = Input("any", help="A scalar or an array of always the same shape.")
    average = Output(None, help="The same shape, float64.")

    window = Parameter(10, minimum=1, live=True, help="Messages that are averaged.")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._recent: list[Float] = []

    def process(self, signal: ArrayLike) -> Float | np.float64:
        """Take in one message.

        Parameters
        ----------
        signal
            Any shape; a new shape begins a new window.

        Returns
        -------
        numpy.ndarray or numpy.float64
            The mean, float64, same shape and unit.
        """
        values = np.array(signal, dtype=np.float64)
        if self._recent and self._recent[0].shape != values.shape:
            self._recent.clear()
        self._recent.append(values)
        del self._recent[: -self.window]
        # Summed anew each time: a running sum would drift, and keep a NaN for ever.
        stacked = np.stack(self._recent)
        seen = np.isfinite(stacked)
        n_seen = seen.sum(axis=0)
        total = np.where(seen, stacked, 0.0).sum(axis=0)
        return np.where(n_seen > 0, total / np.maximum(n_seen, 1), np.nan)[()]

    def checkpoint(self) -> dict[str, Float]:
        """Hand over the window.

        Returns
        -------
        dict
            `recent` (n_messages, ...).
        """
        return {"recent": np.array(self._recent, dtype=np.float64)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a window.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._recent = [np.array(values) for values in np.asarray(state["recent"])]


class Downsample(Transform):
    """Send one message for every few: their mean, or the last of them.

    With ``last`` what lies above half the new rate folds down (aliasing); filter
    before, or take the mean.

    Examples
    --------
    >>> node = Downsample(factor=2)
    >>> node.process(1.0) is None, float(node.process(3.0))
    (True, 2.0)
    """

    signal = Input("any", help="A scalar or an array of always the same shape.")
    reduced = Output(None, help="The same shape, float64, at rate / factor.")

    factor = Parameter(10, minimum=1, live=True, help="Messages for each one sent.")
    take = Parameter("mean", choices=("mean", "last"), live=True, help="What is sent.")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._sum: Float = np.zeros(())
        self._count = 0

    def process(self, signal: ArrayLike) -> Float | np.float64 | None:
        """Take in one message.

        Parameters
        ----------
        signal
            Any shape; a change of shape within one group is an error.

        Returns
        -------
        numpy.ndarray, numpy.float64 or None
            Every `factor` messages, float64, same shape and unit. One NaN makes the
            mean NaN.

        Raises
        ------
        NodeError
            If the shape has changed within a group.
        """
        values = np.array(signal, dtype=np.float64)
        if self._count and values.shape != self._sum.shape:
            raise NodeError(
                "the signal has changed its shape.",
                code="RV-N86",
                found=f"{values.shape}",
                wanted=f"{self._sum.shape}",
                mend="send arrays of one shape, or take each channel by itself",
            )
        self._sum = values if self._count == 0 else self._sum + values
        self._count += 1
        if self._count < self.factor:
            return None
        mean, self._count = self._sum / self._count, 0
        return values[()] if self.take == "last" else np.asarray(mean)[()]

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the group under way.

        Returns
        -------
        dict
            `sum` and `count`.
        """
        return {"sum": self._sum.copy(), "count": self._count}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with a group.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._sum = np.array(state["sum"], dtype=np.float64)
        self._count = int(state["count"])
