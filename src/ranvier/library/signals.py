"""A source of test signals: sine, square wave, noise or a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.node import Output, Parameter, Source, StopProducing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class SignalGenerator(Source):
    """Make a signal of known shape, at a steady rate.

    A message is a number; with several channels (n_channels,); with several samples
    (n_samples, n_channels). Each channel is a quarter of a period ahead of the one
    before. What is sent depends on parameters and seed, never on the time of day.

    Examples
    --------
    >>> node = SignalGenerator(waveform="square", frequency_hz=250, rate_hz=1000)
    >>> [float(node.produce()) for _ in range(5)]
    [1.0, 1.0, -1.0, -1.0, 1.0]
    """

    signal = Output(
        None, help="float64: a number, (n_channels,) or (n_samples, n_channels)."
    )

    waveform = Parameter(
        "sine",
        choices=("sine", "square", "noise", "constant"),
        live=True,
        help="Shape; noise is Gaussian and white.",
    )
    amplitude = Parameter(
        1.0, live=True, help="Peak of sine and square, sd of noise, value of constant."
    )
    offset = Parameter(0.0, live=True, help="Added to all.")
    frequency_hz = Parameter(
        1.0, unit="Hz", minimum=0.0, live=True, help="Of sine and square."
    )
    channels = Parameter(1, minimum=1, help="Number of channels.")
    rate_hz = Parameter(100.0, unit="Hz", minimum=0.001, help="Samples per second.")
    samples = Parameter(1, minimum=1, help="Samples per message.")
    limit = Parameter(0, minimum=0, help="Messages after which it ends; 0 is never.")
    seed = Parameter(
        None,
        type="int",
        minimum=0,
        help="Seed of the noise; left out, it comes from the seed of the run.",
    )

    _sent = 0
    _phase = 0.0
    _drawn: int | None = None

    def setup(self) -> None:
        """Begin at sample 0."""
        self._sent, self._phase, self._drawn = 0, 0.0, None

    def pace_hz(self) -> float:
        """Give the rate of messages.

        Returns
        -------
        float
            Hz.
        """
        return self.rate_hz / self.samples

    def produce(self) -> NDArray[np.float64] | np.float64:
        """Give the next message.

        Returns
        -------
        numpy.ndarray or numpy.float64
            A number, (n_channels,) or (n_samples, n_channels).

        Raises
        ------
        StopProducing
            After `limit` messages.
        """
        if self.limit and self._sent >= self.limit:
            raise StopProducing
        shape = (self.samples, self.channels)
        if self.waveform == "noise":
            values = self._draw(shape)
        elif self.waveform == "constant":
            values = np.ones(shape)
        else:
            values = self._swing()
        # Kept as a phase, not a time: a live change of frequency makes no jump.
        step = self.frequency_hz / self.rate_hz
        self._phase = (self._phase + self.samples * step) % 1.0
        self._sent += 1
        values = self.offset + self.amplitude * values
        if self.samples > 1:
            return values
        return values[0] if self.channels > 1 else values[0, 0]

    def checkpoint(self) -> dict[str, Any]:
        """Hand over how far the signal is.

        Returns
        -------
        dict
            Numbers by name.
        """
        return {"sent": self._sent, "phase": self._phase, "drawn": self._drawn}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from there.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._sent, self._phase = int(state["sent"]), float(state["phase"])
        self._drawn = state["drawn"]

    def _draw(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        if self._drawn is None:
            own = self.seed
            self._drawn = int(self.context.rng.integers(2**31)) if own is None else own
        # A generator for each message: what it gives depends on the number alone.
        return np.random.default_rng([self._drawn, self._sent]).normal(size=shape)

    def _swing(self) -> NDArray[np.float64]:
        turn = self._phase + np.arange(self.samples) * self.frequency_hz / self.rate_hz
        turns = turn[:, None] + 0.25 * np.arange(self.channels)
        if self.waveform == "sine":
            return np.sin(2.0 * np.pi * turns)
        # Rounding must not push the edge of a period into its neighbour.
        return np.where((turns + 1e-9) % 1.0 < 0.5, 1.0, -1.0)
