"""Photometry on line: bands told apart, bleaching and movement taken out, z-score.

The numbers are those of `ranvier.causal`: run over the recorded raw signal, its stages
give what these nodes gave, to the bit. A message is one sample; each node hands on the
time of the frame that it descends from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ranvier import causal
from ranvier.core import NodeError
from ranvier.library._samples import as_row, read_time
from ranvier.node import Input, Output, Parameter, Stamped, Transform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

_S = 1e-9


class PhotometryDemultiplexer(Transform):
    """Tell the frames of a time-divided photometer apart by the LED that was on.

    Frames of no LED, or of several such as the first of a recording, are left out.
    Two frames of one LED in succession say that one between them was lost. Both are
    counted, and shown to the operator.

    Examples
    --------
    >>> node = PhotometryDemultiplexer()
    >>> sent = node.process({"led": 2, "values": np.array([0.5, 0.7])})
    >>> sent["green"].value
    array([0.5, 0.7])
    """

    frame = Input("mapping", help="`led`: its state; `values`: (n_channels,).")
    isosbestic = Output("float64", shape=(None,), help="The reference, 415 nm.")
    green = Output("float64", shape=(None,), help="Green sensors, 470 nm.")
    red = Output("float64", shape=(None,), help="Red sensors, 560 nm.")

    isosbestic_led = Parameter(1, minimum=0, maximum=7, help="LED state of 415 nm.")
    green_led = Parameter(2, minimum=0, maximum=7, help="LED state of 470 nm.")
    red_led = Parameter(4, minimum=0, maximum=7, help="LED state of 560 nm.")

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._demux = causal.LedDemux(
            {
                "isosbestic": self.isosbestic_led,
                "green": self.green_led,
                "red": self.red_led,
            }
        )

    def process(self, frame: Mapping[str, Any]) -> dict[str, Stamped]:
        """Take in one frame.

        Parameters
        ----------
        frame
            `led`, a whole number whose bits above 4 (digital inputs) are left out of
            account, and `values` (n_channels,), any unit.

        Returns
        -------
        dict
            The values under the name of the band; empty if it is of none.

        Raises
        ------
        NodeError
            If the frame lacks one of them.
        """
        if "led" not in frame or "values" not in frame:
            raise NodeError(
                "the frame does not say its LED and its values.",
                code="RV-N94",
                found=", ".join(map(str, frame)) or "an empty mapping",
                wanted="led, values",
                mend="send a mapping with led (a number) and values (an array)",
            )
        demux = self._demux
        counted = demux.n_repeated, demux.n_without_band
        bands = demux.update([frame["led"]], np.reshape(frame["values"], (1, -1)))
        if counted != (demux.n_repeated, demux.n_without_band):
            self.context.show("frames of the same LED twice", demux.n_repeated)
            self.context.show("frames of no band", demux.n_without_band)
        time_ns = read_time(self)
        return {
            name: Stamped(rows.values[0], time_ns)
            for name, rows in bands.items()
            if len(rows.times)
        }

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the counts.

        Returns
        -------
        dict
            Numbers by name.
        """
        return self._demux.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from counts handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._demux.restore(state)


class BleachingCorrection(Transform):
    """Turn the fluorescence of a band into ΔF/F, with a baseline that bleaches.

    The baseline F0 is an exponential decay fitted to the past, which forgets with
    `time_constant`; see `ranvier.causal.BleachingBaseline`. What is slower than that
    is taken for bleaching.

    Examples
    --------
    >>> node = BleachingCorrection(rate_hz=30)
    >>> [float(node.process([f]).value[0].round(3)) for f in (2.0, 2.0, 3.0)]
    [0.0, 0.0, 0.31]
    """

    signal = Input("any", help="Fluorescence of one band, () or (n_channels,).")
    dff = Output("float64", shape=(None,), help="ΔF/F, NaN where the signal is.")

    rate_hz = Parameter(30.0, unit="Hz", minimum=0.001, help="Samples per second.")
    time_constant = Parameter(
        60.0,
        unit="s",
        minimum=0.01,
        live=True,
        help="Time in which the weight of a sample falls to 1/e.",
    )
    scale = Parameter(
        "log",
        choices=("log", "linear"),
        help="Where the baseline is a line; linear for signals of 0 or below.",
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._baseline = causal.BleachingBaseline(
            self.rate_hz,
            self.time_constant,
            scale=cast("Any", self.scale),
        )

    def on_parameter(self, name: str, old: Any, new: Any) -> None:
        """Take up a new time constant; what is remembered is kept."""
        del old
        if name == "time_constant":
            self._baseline.set_time_constant(new)

    def process(self, signal: ArrayLike) -> Stamped:
        """Take in one sample.

        Parameters
        ----------
        signal
            Fluorescence, () or (n_channels,), any unit.

        Returns
        -------
        Stamped
            ΔF/F (n_channels,), with the time of the sample.
        """
        row = as_row(signal)
        dff = causal.compute_dff(row, self._baseline.update(row))
        return Stamped(dff[0], read_time(self))

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the baseline.

        Returns
        -------
        dict
            State of the stage.
        """
        return self._baseline.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a baseline handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._baseline.restore(state)


class IsosbesticCorrection(Transform):
    """Take out of a signal what its isosbestic reference explains.

    The reference is brought to the moments of the signal, though it was sampled half
    a frame before or after; then a regression that forgets, with robust weights, is
    subtracted. See `ranvier.causal.PairAligner` and `RecursiveRegression`.

    Moments are the times of the messages. Behind a node that sends without the time
    of its frame they are those of its sending. With ``hold``, the last reference is
    the last one that has *come*: on the way it may have fallen behind, and only a
    replay with the recorded order gives the same numbers again.

    Examples
    --------
    >>> node = IsosbesticCorrection(align="hold")
    >>> node.on_reference([0.1])
    >>> [sent.value for sent in node.on_signal([0.2])]
    [array([0.])]
    """

    signal = Input("any", help="ΔF/F of the sensor's band, () or (n_channels,).")
    reference = Input("any", help="ΔF/F of the isosbestic band, same shape.")
    corrected = Output("float64", shape=(None,), help="ΔF/F less the reference's part.")

    rate_hz = Parameter(
        30.0, unit="Hz", minimum=0.001, help="Samples per second of the signal."
    )
    time_constant = Parameter(
        300.0,
        unit="s",
        minimum=0.01,
        live=True,
        help="Time in which the weight of a sample falls to 1/e.",
    )
    robust = Parameter(
        "bisquare",
        choices=("bisquare", "huber", "none"),
        help="Weights against transients; none is least squares.",
    )
    align = Parameter(
        "linear",
        choices=("linear", "hold"),
        help="Wait half a frame to interpolate the reference, or take its last value.",
    )
    max_gap = Parameter(
        1.0, unit="s", minimum=0.0, help="Longest gap of the reference bridged."
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._aligner = causal.PairAligner(cast("Any", self.align), self.max_gap)
        self._regression = causal.RecursiveRegression(
            self.rate_hz, self.time_constant, robust=cast("Any", self.robust)
        )
        # Of each sample that waits: its time in whole ns, which seconds do not hold.
        self._times_ns: list[int] = []

    def on_parameter(self, name: str, old: Any, new: Any) -> None:
        """Take up a new time constant; what is remembered is kept."""
        del old
        if name == "time_constant":
            self._regression.set_time_constant(new)

    def on_signal(self, signal: ArrayLike) -> Iterator[Stamped]:
        """Take in a sample of the signal.

        Parameters
        ----------
        signal
            ΔF/F, () or (n_channels,).

        Returns
        -------
        iterator of Stamped
            The samples whose reference is now known, each with its own time.
        """
        time_ns = read_time(self)
        self._times_ns.append(time_ns)
        row = as_row(signal)
        pairs = self._aligner.update([time_ns * _S], row, [], row[:0])
        return self._correct(pairs)

    def on_reference(self, reference: ArrayLike) -> Iterator[Stamped] | None:
        """Take in a sample of the reference.

        Parameters
        ----------
        reference
            ΔF/F, () or (n_channels,).

        Returns
        -------
        iterator of Stamped or None
            The samples that waited for it.
        """
        row = as_row(reference)
        pairs = self._aligner.update([], row[:0], [read_time(self) * _S], row)
        return self._correct(pairs) if len(pairs.times) else None

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the fit and the samples that wait.

        Returns
        -------
        dict
            States of the stages.
        """
        return {
            "aligner": self._aligner.state(),
            "regression": self._regression.state(),
            "times_ns": list(self._times_ns),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a fit handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._aligner.restore(state["aligner"])
        self._regression.restore(state["regression"])
        self._times_ns = [int(time_ns) for time_ns in state["times_ns"]]

    def _correct(self, pairs: causal.Pairs) -> Iterator[Stamped]:
        # Not row by row as they are read: a generator that is dropped would lose them.
        left = [
            self._regression.update(pairs.signal[n : n + 1], pairs.reference[n : n + 1])
            for n in range(len(pairs.times))
        ]
        times_ns = self._times_ns[: len(left)]
        del self._times_ns[: len(left)]
        return (Stamped(row[0], at) for row, at in zip(left, times_ns, strict=True))


class RunningZScore(Transform):
    """Standardise each channel by the mean and SD of its past.

    NaN until `warm_up` is over, and for a channel that is constant.

    Examples
    --------
    >>> node = RunningZScore(rate_hz=1, warm_up=2)
    >>> [float(node.process([x]).value[0].round(3)) for x in (0.0, 2.0, 4.0)]
    [nan, 1.0, 1.225]
    """

    signal = Input("any", help="() or (n_channels,), any unit.")
    z = Output("float64", shape=(None,), help="z-score, in SD.")

    rate_hz = Parameter(30.0, unit="Hz", minimum=0.001, help="Samples per second.")
    time_constant = Parameter(
        0.0,
        unit="s",
        minimum=0.0,
        live=True,
        help="Time in which the weight of a sample falls to 1/e; 0 is never.",
    )
    warm_up = Parameter(
        10.0, unit="s", minimum=0.0, help="Time of samples before the first z-score."
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        constant = self.time_constant or math.inf
        self._zscore = causal.RunningZScore(
            self.rate_hz, constant, warm_up=self.warm_up
        )

    def on_parameter(self, name: str, old: Any, new: Any) -> None:
        """Take up a new time constant; what is remembered is kept."""
        del old
        if name == "time_constant":
            self._zscore.set_time_constant(new or math.inf)

    def process(self, signal: ArrayLike) -> Stamped:
        """Take in one sample.

        Parameters
        ----------
        signal
            () or (n_channels,), any unit.

        Returns
        -------
        Stamped
            z-score (n_channels,), with the time of the sample.
        """
        row = as_row(signal)
        return Stamped(self._zscore.update(row)[0], read_time(self))

    def checkpoint(self) -> dict[str, Any]:
        """Hand over mean and SD.

        Returns
        -------
        dict
            State of the stage.
        """
        return self._zscore.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._zscore.restore(state)
