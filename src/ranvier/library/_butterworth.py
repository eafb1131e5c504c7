"""Butterworth filters as second-order sections: their design, and a causal run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.core import NodeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]
    Complex = NDArray[np.complex128]

Band = Literal["lowpass", "highpass", "bandpass"]

_REAL = 1e-12
_ZEROS: dict[Band, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "lowpass": ((1.0, 2.0, 1.0), (1.0, 1.0, 0.0)),
    "highpass": ((1.0, -2.0, 1.0), (1.0, -1.0, 0.0)),
    "bandpass": ((1.0, 0.0, -1.0), (1.0, 0.0, -1.0)),
}
"""Numerator of a section with two poles, and of one with a single pole."""


def design_butterworth(
    order: int, edges_hz: Sequence[float], rate_hz: float, band: Band
) -> Float:
    """Design a digital Butterworth filter.

    Parameters
    ----------
    order
        Order of the low-pass that it is made from, 1 or more.
    edges_hz
        Frequencies at -3 dB: one, or two for a band-pass; between 0 and half the rate.
    rate_hz
        Samples per second.
    band
        ``"lowpass"``, ``"highpass"`` or ``"bandpass"``.

    Returns
    -------
    numpy.ndarray
        Sections b0 b1 b2 a0 a1 a2 with a0 = 1, shape (n_sections, 6).

    Raises
    ------
    NodeError
        If an edge is not between 0 and half the rate, or the two are not in order.

    Notes
    -----
    Analogue poles on a circle (Butterworth, Wireless Engineer 7, 1930), moved to the
    band and to the unit disc by the bilinear transform with prewarped edges
    (Oppenheim & Schafer, Discrete-Time Signal Processing, 7.1).

    Examples
    --------
    >>> design_butterworth(2, [100.0], 1000.0, "lowpass").round(4)
    array([[ 0.0675,  0.1349,  0.0675,  1.    , -1.143 ,  0.4128]])
    """
    _check_edges(edges_hz, rate_hz, band)
    warped = 2.0 * np.tan(np.pi * np.asarray(edges_hz, float) / rate_hz)
    angles = np.pi * (2 * np.arange(1, order + 1) + order - 1) / (2 * order)
    prototype = np.exp(1j * angles)
    centre = np.sqrt(warped[0] * warped[-1])
    poles: Complex
    if band == "lowpass":
        poles, unity = prototype * centre, 1.0 + 0.0j
    elif band == "highpass":
        poles, unity = centre / prototype, -1.0 + 0.0j
    else:
        half = prototype * (warped[1] - warped[0]) / 2.0
        apart = np.sqrt(half**2 - centre**2)
        poles = np.concatenate([half + apart, half - apart])
        unity = (2.0 + 1j * centre) / (2.0 - 1j * centre)
    sections = [
        (*_ZEROS[band][is_single], *denominator)
        for denominator, is_single in _pair((2.0 + poles) / (2.0 - poles))
    ]
    return _set_gain(np.array(sections), unity)


class SectionFilter:
    """Runs second-order sections over channels, sample by sample.

    Parameters
    ----------
    sections
        Shape (n_sections, 6), as `design_butterworth` gives them; may be replaced
        between two runs by as many others.

    Notes
    -----
    Transposed direct form II (Oppenheim & Schafer, 6.3).
    """

    def __init__(self, sections: Float) -> None:
        self.sections = sections
        self._memory: Float = np.zeros((len(sections), 2, 0))
        self._is_new = np.zeros(0, bool)

    def run(self, rows: Float) -> Float:
        """Filter some samples, going on from the last run.

        Parameters
        ----------
        rows
            Shape (n_samples, n_channels). With another number of channels than
            before, all channels begin anew.

        Returns
        -------
        numpy.ndarray
            Same shape; NaN where the value is not finite.
        """
        if rows.shape[1] != self._is_new.size:
            self._memory = np.zeros((len(self.sections), 2, rows.shape[1]))
            self._is_new = np.ones(rows.shape[1], bool)
        result = np.empty_like(rows)
        for i, row in enumerate(rows):
            result[i] = self._step(row)
        return result

    def to_state(self) -> dict[str, Float]:
        """Give the memory as plain arrays.

        Returns
        -------
        dict
            `memory` (n_sections, 2, n_channels), `is_new` (n_channels,).
        """
        return {"memory": self._memory.copy(), "is_new": self._is_new.astype(float)}

    def take_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Go on from what `to_state` gave.

        Parameters
        ----------
        state
            As given by `to_state`.
        """
        self._memory = np.array(state["memory"], dtype=np.float64)
        self._is_new = np.array(state["is_new"]).astype(bool)

    def _step(self, row: Float) -> Float:
        finite = np.isfinite(row)
        if not finite.all():
            self._is_new |= ~finite
        begins = self._is_new & finite
        x = row if finite.all() else np.where(finite, row, 0.0)
        if begins.any():
            self._settle(begins, x)
        for section, memory in enumerate(self._memory):
            b0, b1, b2, _, a1, a2 = self.sections[section]
            y = b0 * x + memory[0]
            memory[0] = b1 * x - a1 * y + memory[1]
            memory[1] = b2 * x - a2 * y
            x = y
        return x if finite.all() else np.where(finite, x, np.nan)

    def _settle(self, begins: NDArray[np.bool_], x: Float) -> None:
        """Set the memory as if the value had always been there."""
        level = x[begins]
        for section, memory in enumerate(self._memory):
            b0, b1, b2, _, a1, a2 = self.sections[section]
            out = level * (b0 + b1 + b2) / (1.0 + a1 + a2)
            memory[0, begins] = out - b0 * level
            memory[1, begins] = b2 * level - a2 * out
            level = out
        self._is_new &= ~begins


def _check_edges(edges_hz: Sequence[float], rate_hz: float, band: Band) -> None:
    edges = list(edges_hz)
    wanted = 2 if band == "bandpass" else 1
    inside = all(0.0 < edge < rate_hz / 2.0 for edge in edges)
    if len(edges) != wanted or not inside or edges != sorted(set(edges)):
        raise NodeError(
            f"a {band} of {', '.join(f'{edge:g} Hz' for edge in edges)} can't be made.",
            code="RV-N87",
            found=f"rate {rate_hz:g} Hz",
            wanted=f"edges in rising order, above 0 and below {rate_hz / 2:g} Hz",
            mend="change low_hz or high_hz, or sample faster",
        )


def _pair(poles: Complex) -> list[tuple[tuple[float, float, float], bool]]:
    """Join poles into denominators, slowest last, and say which have but one pole."""
    upper = poles[poles.imag > _REAL]
    real = np.sort(poles[np.abs(poles.imag) <= _REAL].real)
    pairs = [(1.0, -2.0 * float(p.real), float(abs(p) ** 2)) for p in upper]
    for i in range(0, real.size - 1, 2):
        one, other = float(real[i]), float(real[i + 1])
        pairs.append((1.0, -(one + other), one * other))
    pairs.sort(key=lambda denominator: denominator[2])
    joined = [(denominator, False) for denominator in pairs]
    if real.size % 2:
        joined.insert(0, ((1.0, -float(real[-1]), 0.0), True))
    return joined


def _set_gain(sections: Float, unity: complex) -> Float:
    """Give each section the gain 1 at a point of the unit circle."""
    delay = np.array([1.0, 1.0 / unity, 1.0 / unity**2])
    gain = np.abs(sections[:, 3:] @ delay) / np.abs(sections[:, :3] @ delay)
    sections[:, :3] *= gain[:, None]
    return sections
