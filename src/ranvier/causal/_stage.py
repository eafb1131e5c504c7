"""What the stages share: rows in, rows out, and a memory of plain numbers a channel.

Each channel runs through a loop of Python floats, not through NumPy's rows. For the
one to eight channels of photometry that is faster, and a result depends neither on how
the signal is cut, nor on the number of channels, nor on the processor's vector unit.
"""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping, Tuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranvier.core import NodeError

Float = NDArray[np.float64]


class ChannelMemory:
    """A few numbers for each channel, made when the first samples come.

    Parameters
    ----------
    start
        The numbers that a channel begins with.
    """

    def __init__(self, start: List[float]) -> None:
        self._start = start
        self.channels: List[List[float]] = []

    def fit(self, rows: Float) -> None:
        """Make the memory for as many channels, or see that there are still as many.

        Parameters
        ----------
        rows
            Shape (n_samples, n_channels).

        Raises
        ------
        NodeError
            If there were another number of channels before.
        """
        n_channels = rows.shape[1]
        if not self.channels:
            self.channels = [list(self._start) for _ in range(n_channels)]
        if len(self.channels) != n_channels:
            raise NodeError(
                "the signal has changed its number of channels.",
                code="RV-N95",
                found=f"{n_channels}",
                wanted=f"{len(self.channels)}, as before",
                mend="take a new stage, or restart the node, for other channels",
            )

    def to_state(self) -> Dict[str, Any]:
        """Give the memory as an array.

        Returns
        -------
        dict
            `memory`, shape (n_channels, n_numbers), float64.
        """
        shape = (len(self.channels), len(self._start))
        return {"memory": np.array(self.channels, np.float64).reshape(shape)}

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_state` gave.

        Parameters
        ----------
        state
            As given by `to_state`.

        Raises
        ------
        NodeError
            If it is the state of another kind of stage.
        """
        memory = np.asarray(state["memory"], np.float64)
        if memory.ndim != 2 or memory.shape[1] != len(self._start):
            raise NodeError(
                "a state does not fit the stage that is to go on from it.",
                code="RV-N96",
                found=f"memory {memory.shape}",
                wanted=f"memory (n_channels, {len(self._start)})",
                mend="restore a state that the same kind of stage has given",
            )
        self.channels = memory.tolist()


def to_rows(values: ArrayLike) -> Float:
    """Give a piece of signal as rows, with NaN for all that is not finite.

    Parameters
    ----------
    values
        Shape (n_samples,) for one channel, or (n_samples, n_channels).

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, n_channels), float64; the caller's array is not changed.

    Raises
    ------
    NodeError
        If the values have no axis of samples, or more than two axes (RV-N97).
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in {1, 2}:
        raise refuse_shape(array.shape, "(n_samples,) or (n_samples, n_channels)")
    rows = array[:, None] if array.ndim == 1 else array
    finite = np.isfinite(rows)
    return rows if finite.all() else np.where(finite, rows, np.nan)


def check_choice(what: str, value: str, choices: Tuple[str, ...]) -> None:
    """See that a setting is one of those that there are.

    Parameters
    ----------
    what
        Its name.
    value, choices
        The setting, and what it may be.

    Raises
    ------
    NodeError
        If it is not (RV-N93).
    """
    if value not in choices:
        raise NodeError(
            f'a stage knows no {what} "{value}".',
            code="RV-N93",
            wanted=", ".join(choices),
            mend=f"choose one of them as {what}",
        )


def refuse_shape(found: Tuple[int, ...], wanted: str) -> NodeError:
    """Make the error of a piece of signal that has the wrong shape.

    Parameters
    ----------
    found
        Its shape.
    wanted
        What was wanted, in words.

    Returns
    -------
    NodeError
        To be raised.
    """
    return NodeError(
        "a piece of signal has the wrong shape.",
        code="RV-N97",
        found=f"shape {found}",
        wanted=wanted,
        mend="give one row a sample; a single sample is an array of one row",
    )


def compute_fade(time_constant: float, rate_hz: float) -> float:
    """Give the factor that a weight falls by from one sample to the next.

    Parameters
    ----------
    time_constant
        Time in which a weight falls to 1/e, s; infinite for no forgetting.
    rate_hz
        Samples per second.

    Returns
    -------
    float
        exp(-1 / (time_constant * rate_hz)).

    Raises
    ------
    NodeError
        If one of them is not above 0.

    Examples
    --------
    >>> round(compute_fade(10.0, 1.0), 4), compute_fade(float("inf"), 30.0)
    (0.9048, 1.0)
    """
    if not (time_constant > 0.0 and 0.0 < rate_hz < math.inf):
        raise NodeError(
            "a stage can't forget at such a pace.",
            code="RV-N98",
            found=f"time constant {time_constant:g} s, rate {rate_hz:g} Hz",
            wanted="both above 0, the rate finite",
            mend="correct the time constant or rate_hz",
        )
    return math.exp(-1.0 / (time_constant * rate_hz))
