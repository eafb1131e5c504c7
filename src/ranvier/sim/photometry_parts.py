"""What a simulated photometry session is made of: fibres, light, and responses.

All of it is known exactly, so that an analysis can be held against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

__all__ = ["TARGET_EFFECTS", "Bleaching", "Effect", "Fibre", "Kernel", "Optics"]


@dataclass(frozen=True)
class Effect:
    """Size of a response, and what it depends on; all in ΔF/F.

    A response is `base` + `contrast`·(contrast/100 %) + `side`·(± 0.5, contra +)
    + `reward`·(± 0.5, correct +), times the subject's gain, plus `scatter`.

    Parameters
    ----------
    base, contrast, side, reward
        Coefficients.
    scatter
        Standard deviation over trials.
    """

    base: float = 0.0
    contrast: float = 0.0
    side: float = 0.0
    reward: float = 0.0
    scatter: float = 0.005


TARGET_EFFECTS: Mapping[str, tuple[Effect, Effect, Effect]] = {
    "VTA-DA": (Effect(0.01, 0.02, 0.004), Effect(0.006), Effect(0.01, -0.01, 0, 0.05)),
    "SNc-DA": (Effect(0.01, 0.02, 0.012), Effect(0.02), Effect(0.005, 0, 0, 0.02)),
    "DR-5HT": (Effect(0.005, 0.005), Effect(0.004), Effect(0.03, 0, 0, 0.005)),
    "MR-5HT": (Effect(0.004, 0.004), Effect(0.01), Effect(0.02, 0, 0, 0.004)),
    "LC-NE": (Effect(0.015, 0.01), Effect(0.01), Effect(0.02, 0, 0, -0.03)),
    "NBM-ACh": (Effect(0.01, 0.01, 0.01), Effect(0.03), Effect(0.02, 0, 0, -0.01)),
}
"""Effects on stimulus, movement and feedback responses, by target. Invented."""


@dataclass(frozen=True)
class Kernel:
    """Shape of a response: a double exponential of peak 1.

    Parameters
    ----------
    rise_s, decay_s
        Time constants, s; rise shorter than decay.
    """

    rise_s: float = 0.08
    decay_s: float = 0.6

    def sample(self, t: Float) -> Float:
        """Give the response at times after the event.

        Parameters
        ----------
        t
            Times after the event, s, any shape.

        Returns
        -------
        numpy.ndarray
            As `t`; 0 before the event.
        """
        rise, decay = self.rise_s, self.decay_s
        peak = np.log(decay / rise) * rise * decay / (decay - rise)
        scale = np.exp(-peak / decay) - np.exp(-peak / rise)
        late = np.maximum(t, 0.0)
        return (np.exp(-late / decay) - np.exp(-late / rise)) / scale


@dataclass(frozen=True)
class Bleaching:
    """How a band bleaches: F(t)/F(0) = 1 - Σ aᵢ (1 - exp(-t/τᵢ)).

    Parameters
    ----------
    tau_slow_s, tau_fast_s
        Time constants, s.
    slow, fast
        Shares that bleach away, each 0 to 1.
    """

    tau_slow_s: float = 1500.0
    tau_fast_s: float = 150.0
    slow: float = 0.3
    fast: float = 0.08

    def sample(self, t: Float) -> Float:
        """Give the fluorescence that is left.

        Parameters
        ----------
        t
            Times since the light went on, s.

        Returns
        -------
        numpy.ndarray
            As `t`; 1 at 0.
        """
        gone = self.slow * np.expm1(-t / self.tau_slow_s)
        return 1.0 + gone + self.fast * np.expm1(-t / self.tau_fast_s)


@dataclass(frozen=True)
class Fibre:
    """One fibre.

    Parameters
    ----------
    region
        Brain region that its tip is in.
    hemisphere
        "l", "r", or "" if not known.
    roi
        Name of its region of interest on the camera.
    is_dead
        Whether no light comes through.
    """

    region: str = "VTA"
    hemisphere: str = "l"
    roi: str = "G0"
    is_dead: bool = False


@dataclass(frozen=True)
class Optics:
    """What camera and light are like.

    Parameters
    ----------
    rate_hz
        Frames per second, both bands together.
    baseline
        Fluorescence at the begin, in camera units: isosbestic, GCaMP.
    bleaching
        Of the isosbestic, and of the GCaMP band.
    motion
        Size of movement artefacts, as a share of the fluorescence.
    motion_gain
        Factor on them in each band.
    noise
        Noise of a frame as a share of a fluorescence of 0.02; grows with its root.
    tonic
        Size of slow fluctuations of the activity, ΔF/F.
    """

    rate_hz: float = 60.0
    baseline: tuple[float, float] = (0.012, 0.02)
    bleaching: tuple[Bleaching, Bleaching] = (
        Bleaching(2400.0, 240.0, 0.2, 0.05),
        Bleaching(),
    )
    motion: float = 0.01
    motion_gain: tuple[float, float] = (1.0, 1.1)
    noise: float = 0.003
    tonic: float = 0.003
