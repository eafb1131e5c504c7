"""States of the LEDs of a Neurophotometrics FP3002, as its files encode them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LedStates", "decode_led_states"]

_LEDS = (
    (1, 415.0, "Violet", "Isosbestic"),
    (2, 470.0, "Blue", "GCaMP"),
    (4, 560.0, "Green", "RCaMP"),
)
# Outputs, stimulation and inputs are told in the seven bits above, alone or together.
_FLAGS = 8 | 16 | 32 | 64 | 128 | 256 | 512
_KNOWN = 7 | _FLAGS


class LedStates(NamedTuple):
    """What the LEDs did in each frame.

    Parameters
    ----------
    names
        Band, shape (n_frames,): "GCaMP", "Isosbestic", "RCaMP", sums as
        "Isosbestic+GCaMP", "None" without LED, "" where the state is not known.
    colors
        Alike: "Blue", "Violet", "Green".
    wavelengths
        nm; NaN where not one LED is on.
    n_unknown
        Frames whose state is not known.
    """

    names: NDArray[np.str_]
    colors: NDArray[np.str_]
    wavelengths: NDArray[np.float64]
    n_unknown: int


def decode_led_states(states: NDArray[np.int64]) -> LedStates:
    """Decode the column LedState (or Flags) of Neurophotometrics.

    Parameters
    ----------
    states
        Shape (n_frames,); bits 1, 2 and 4 are the LEDs of 415, 470 and 560 nm, the
        seven bits above are digital lines and stimulation.

    Returns
    -------
    LedStates

    Notes
    -----
    Codes as of the manual of the FP3002 (Neurophotometrics).

    Examples
    --------
    >>> decode_led_states(np.array([1, 18, 7, 16, 4096])).names.tolist()
    ['Isosbestic', 'GCaMP', 'Isosbestic+GCaMP+RCaMP', 'None', '']
    """
    values = np.asarray(states, dtype=np.int64)
    unknown = (values & ~_KNOWN) != 0
    code = np.where(unknown, 8, values & 7)
    lit = [[led for led in _LEDS if led[0] & c] for c in range(8)]
    names = ["+".join(led[3] for led in leds) or "None" for leds in lit]
    colors = ["+".join(led[2] for led in leds) or "None" for leds in lit]
    waves = [leds[0][1] if len(leds) == 1 else np.nan for leds in lit]
    # Only names that occur, or every frame would take the room of the longest sum.
    occurs = set(np.unique(code).tolist())
    names = [name if c in occurs else "" for c, name in enumerate([*names, ""])]
    colors = [color if c in occurs else "" for c, color in enumerate([*colors, ""])]
    return LedStates(
        np.array(names)[code],
        np.array(colors)[code],
        np.array([*waves, np.nan])[code],
        int(unknown.sum()),
    )
