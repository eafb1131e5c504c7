"""Interleaved frames of several LEDs, told apart into bands."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional

import numpy as np
from numpy.typing import ArrayLike

from ranvier.causal._stage import Float, refuse_shape, to_rows

_LEDS = 7
"""The bits of an LED state that are LEDs; those above are digital inputs."""
NEUROPHOTOMETRICS = {"isosbestic": 1, "green": 2, "red": 4}
"""LED states of 415, 470 and 560 nm."""


class BandRows(NamedTuple):
    """The samples of one band.

    Parameters
    ----------
    times
        (n_samples,), in the unit they came in.
    values
        (n_samples, n_channels).
    """

    times: Float
    values: Float


class LedDemux:
    """Sort the frames of a time-divided recording by the LED that was on.

    Digital inputs in the LED state (8 and above) are left out of account. Frames of
    no LED, or of several at once such as the first of a recording, are of no band.
    Two frames of one band in succession say that one between them was lost. Both
    are counted.

    Parameters
    ----------
    bands
        LED state of each band.

    Examples
    --------
    >>> demux = LedDemux()
    >>> found = demux.update([7, 2, 1, 2], [[9.0], [5.0], [3.0], [6.0]])
    >>> found["green"].values.ravel(), demux.n_without_band
    (array([5., 6.]), 1)
    """

    def __init__(self, bands: Optional[Mapping[str, int]] = None) -> None:
        self._names = {
            code: name for name, code in (bands or NEUROPHOTOMETRICS).items()
        }
        self._last = 0
        self.n_without_band = 0
        self.n_repeated = 0

    def update(
        self, leds: ArrayLike, values: ArrayLike, times: Optional[ArrayLike] = None
    ) -> Dict[str, BandRows]:
        """Take in the next frames.

        Parameters
        ----------
        leds
            LED states, (n_frames,), whole numbers; NaN counts as no LED.
        values
            (n_frames,) or (n_frames, n_channels).
        times
            (n_frames,), any unit; the number of the frame in `values` if left out.

        Returns
        -------
        dict
            By band, in the order of `bands`; a band may be without samples.

        Raises
        ------
        NodeError
            If there are not as many LED states and times as frames (RV-N97).
        """
        rows = to_rows(values)
        states = np.nan_to_num(np.atleast_1d(np.asarray(leds, np.float64)))
        stamps = np.arange(len(rows)) if times is None else np.asarray(times)
        if states.shape != (len(rows),) or stamps.shape != states.shape:
            raise refuse_shape(states.shape, f"an LED state and time for {len(rows)}")
        found: Dict[str, List[int]] = {name: [] for name in self._names.values()}
        for n, state in enumerate(states.astype(np.int64).tolist()):
            name = self._count(state & _LEDS)
            if name is not None:
                found[name].append(n)
        return {
            name: BandRows(stamps[index].astype(np.float64), rows[index])
            for name, taken in found.items()
            for index in [np.array(taken, np.int64)]
        }

    def state(self) -> Dict[str, Any]:
        """Hand over the counts.

        Returns
        -------
        dict
            Whole numbers by name.
        """
        return {
            "last": self._last,
            "n_without_band": self.n_without_band,
            "n_repeated": self.n_repeated,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._last = int(state["last"])
        self.n_without_band = int(state["n_without_band"])
        self.n_repeated = int(state["n_repeated"])

    def _count(self, led: int) -> Optional[str]:
        name = self._names.get(led)
        if name is None:
            self.n_without_band += 1
        elif led == self._last:
            self.n_repeated += 1
        self._last = led
        return name
