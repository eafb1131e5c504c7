"""A simulated photometry session: known responses, bleaching and movement artefacts.

Signals are in the units of a Neurophotometrics camera, frames interleaved; what an
analysis should find is returned beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ranvier.core import AnalysisError
from ranvier.sim.choice_task import (
    ChoiceTask,
    Traits,
    Trials,
    draw_traits,
    turn_wheel,
    work_trials,
)
from ranvier.sim.photometry_parts import (
    TARGET_EFFECTS,
    Bleaching,
    Effect,
    Fibre,
    Kernel,
    Optics,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

__all__ = [
    "EVENTS",
    "LED_STATES",
    "TARGET_EFFECTS",
    "Bleaching",
    "ChoiceTask",
    "Effect",
    "Fibre",
    "Kernel",
    "Optics",
    "SessionTruth",
    "SimulatedSession",
    "simulate_session",
]

EVENTS = ("stimOn_times", "firstMovement_times", "feedback_times")
"""Events that responses follow, in the order of a trial."""

LED_STATES = {"Isosbestic": 1, "GCaMP": 2}
"""LED of each band, as Neurophotometrics counts them: 415 nm, 470 nm."""

_FLOOR = 1 / 255  # what a camera gives for a fibre that sees nothing
_ALL_LEDS = 7  # state of the first frame of a recording


@dataclass(frozen=True, eq=False)
class SessionTruth:
    """What an analysis of a simulated session should find.

    Parameters
    ----------
    traits
        The subject.
    kernels
        Shape of the response to each event.
    amplitudes
        ΔF/F of each response at its peak, shape (n_trials, n_fibres), by event; NaN
        where the event did not happen.
    effects
        What they were drawn from, by region: one for each of `EVENTS`.
    dff
        ΔF/F of the activity at each GCaMP frame, shape (n_frames of GCaMP, n_fibres).
    motion
        Artefact at each frame, shape (n_frames,), share of the fluorescence.
    """

    traits: Traits
    kernels: Mapping[str, Kernel]
    amplitudes: Mapping[str, Float]
    effects: Mapping[str, tuple[Effect, Effect, Effect]]
    dff: Float
    motion: Float


@dataclass(frozen=True, eq=False)
class SimulatedSession:
    """A session as a rig would have recorded it.

    Parameters
    ----------
    task, optics, fibres, nm
        As given.
    frame_times
        Time of each frame, s on the session's clock, shape (n_frames,).
    led_states
        LED state of each frame, shape (n_frames,); 7 in the first one.
    signals
        Camera units, shape (n_frames, n_fibres).
    trials
        As `Trials`.
    wheel_times, wheel_positions
        s and rad, shape (n_samples,).
    digital_times, digital_values
        Edges of the digital input: up at the begin of each trial, down 0.1 s later.
    truth
        What an analysis should find.
    """

    task: ChoiceTask
    optics: Optics
    fibres: tuple[Fibre, ...]
    nm: str
    frame_times: Float
    led_states: NDArray[np.int64]
    signals: Float
    trials: Trials
    wheel_times: Float
    wheel_positions: Float
    digital_times: Float
    digital_values: NDArray[np.bool_]
    truth: SessionTruth = field(repr=False)


def simulate_session(
    seed: int,
    *,
    subject_seed: int = 0,
    task: ChoiceTask | None = None,
    fibres: tuple[Fibre, ...] = (Fibre(),),
    nm: str = "DA",
    optics: Optics | None = None,
) -> SimulatedSession:
    """Simulate one session of one subject.

    Parameters
    ----------
    seed
        Which session.
    subject_seed
        Which subject: sessions of one share its `Traits`.
    task
        What the task is like.
    fibres
        Fibres that are recorded from.
    nm
        Neuromodulator. Region and this make the target whose effects are taken from
        `TARGET_EFFECTS`; a target that is not there responds to nothing.
    optics
        What camera and light are like.

    Returns
    -------
    SimulatedSession

    Raises
    ------
    AnalysisError
        If the trials do not fit into the session, or two fibres have one name of a
        region of interest.

    Examples
    --------
    >>> session = simulate_session(1, task=ChoiceTask(n_trials=20, duration_s=240.0))
    >>> session.signals.shape
    (14400, 1)
    """
    _check_fibres(fibres)
    task, optics = task or ChoiceTask(), optics or Optics()
    rng = np.random.default_rng([seed, subject_seed, 2])
    traits = draw_traits(subject_seed)
    trials = work_trials(rng, task, traits)
    wheel = turn_wheel(rng, trials, task.duration_s)
    times, states = _light_frames(rng, task, optics)
    nothing = Effect(scatter=0.0)
    silent = (nothing, nothing, nothing)
    effects = {f.region: TARGET_EFFECTS.get(f"{f.region}-{nm}", silent) for f in fibres}
    sizes = [_draw_amplitudes(rng, trials, traits, f, effects) for f in fibres]
    amplitudes = {
        event: np.column_stack([size[i] for size in sizes])
        for i, event in enumerate(EVENTS)
    }
    shapes = (Kernel(), Kernel(0.1, 0.4), Kernel(0.08, 0.8))
    kernels: dict[str, Kernel] = dict(zip(EVENTS, shapes, strict=True))
    is_gcamp = states != LED_STATES["Isosbestic"]
    dff = _sum_responses(times[is_gcamp], trials, amplitudes, kernels)
    for column in dff.T:
        column += optics.tonic * _wander(rng, times[is_gcamp], 0.5)
    motion = optics.motion * _shake(rng, times)
    signals = _expose(rng, times, states, optics, dff, motion)
    for i, fibre in enumerate(fibres):
        if fibre.is_dead:
            # The last digit of an 8-bit camera now and then, as in real dead channels.
            signals[:, i] = _FLOOR * (1 + 0.01 * (rng.random(len(times)) < 0.02))
    edges = trials.columns["intervals_0"]
    return SimulatedSession(
        task=task,
        optics=optics,
        fibres=tuple(fibres),
        nm=nm,
        frame_times=times,
        led_states=states,
        signals=signals,
        trials=trials,
        wheel_times=wheel[0],
        wheel_positions=wheel[1],
        digital_times=np.column_stack((edges, edges + 0.1)).ravel(),
        digital_values=np.tile([True, False], len(edges)),
        truth=SessionTruth(traits, kernels, amplitudes, effects, dff, motion),
    )


def _check_fibres(fibres: tuple[Fibre, ...]) -> None:
    # Files have one column for each: the second of a name would overwrite the first.
    rois = [fibre.roi for fibre in fibres]
    if len(set(rois)) < len(rois):
        raise AnalysisError(
            "two fibres are on one region of interest of the camera.",
            code="RV-A69",
            found=", ".join(f"{fibre.region} on {fibre.roi}" for fibre in fibres),
            wanted="a `roi` of its own for each fibre",
            mend='name them: Fibre("VTA", "l", "G0"), Fibre("SNc", "r", "G1")',
        )


def _light_frames(
    rng: np.random.Generator, task: ChoiceTask, optics: Optics
) -> tuple[Float, NDArray[np.int64]]:
    n_frames = int(task.duration_s * optics.rate_hz)
    jitter = rng.normal(0.0, 3e-5, n_frames)
    times = np.arange(n_frames) / optics.rate_hz + jitter
    states = np.where(np.arange(n_frames) % 2, LED_STATES["GCaMP"], 1).astype(np.int64)
    states[:1] = _ALL_LEDS
    return times, states


def _draw_amplitudes(
    rng: np.random.Generator,
    trials: Trials,
    traits: Traits,
    fibre: Fibre,
    effects: Mapping[str, tuple[Effect, Effect, Effect]],
) -> list[Float]:
    contrast = np.abs(trials.signed_contrast) / 100
    # A fibre on the left sees the right side as contralateral; so does a midline one.
    contra = np.where(trials.is_right == (fibre.hemisphere != "r"), 0.5, -0.5)
    correct = np.where(trials.columns["feedbackType"] == 1, 0.5, -0.5)
    sizes: list[Float] = []
    for effect, gain, event in zip(
        effects[fibre.region], traits.gain, EVENTS, strict=True
    ):
        mean = effect.base + effect.contrast * contrast + effect.side * contra
        size = gain * (mean + effect.reward * correct)
        size = size + effect.scatter * rng.standard_normal(len(contrast))
        sizes.append(np.where(np.isnan(trials.columns[event]), np.nan, size))
    return sizes


def _sum_responses(
    times: Float,
    trials: Trials,
    amplitudes: Mapping[str, Float],
    kernels: Mapping[str, Kernel],
) -> Float:
    total = np.zeros((len(times), next(iter(amplitudes.values())).shape[1]))
    for event, kernel in kernels.items():
        happened = np.flatnonzero(~np.isnan(trials.columns[event]))
        at = trials.columns[event][happened]
        first = np.searchsorted(times, at)
        width = int(10 * kernel.decay_s * len(times) / (times[-1] - times[0]))
        index = np.minimum(first[:, None] + np.arange(width), len(times) - 1)
        shape = kernel.sample(times[index] - at[:, None])
        # The last frame stands in for those after the end; it gets none of them.
        shape[index == len(times) - 1] = 0.0
        for column, size in zip(total.T, amplitudes[event].T, strict=True):
            weight = shape * size[happened, None]
            column += np.bincount(index.ravel(), weight.ravel(), len(times))
    return total


def _wander(rng: np.random.Generator, times: Float, rate_hz: float) -> Float:
    knots = np.arange(times[0], times[-1] + 2 / rate_hz, 1 / rate_hz)
    return np.interp(times, knots, rng.standard_normal(len(knots)))


def _shake(rng: np.random.Generator, times: Float) -> Float:
    motion = 0.5 * _wander(rng, times, 3.0)
    length = float(times[-1] - times[0])
    n_bursts = int(rng.poisson(length / 60.0))
    starts = rng.uniform(times[0], times[-1], n_bursts)
    firsts = np.searchsorted(times, starts)
    for start, first in zip(starts, firsts, strict=True):
        after = times[first : first + int(8 * len(times) / length)] - start
        motion[first : first + len(after)] -= 2.0 * np.exp(-after)
    return motion


def _expose(
    rng: np.random.Generator,
    times: Float,
    states: NDArray[np.int64],
    optics: Optics,
    dff: Float,
    motion: Float,
) -> Float:
    signals = np.empty((len(times), dff.shape[1]))
    is_gcamp = states != LED_STATES["Isosbestic"]
    for band, lit in enumerate((~is_gcamp, is_gcamp)):
        level = optics.baseline[band] * optics.bleaching[band].sample(times[lit])
        moved = 1.0 + optics.motion_gain[band] * motion[lit]
        for i, column in enumerate(signals.T):
            clean = level * (moved + (dff[:, i] if band else 0.0))
            noise = optics.noise * np.sqrt(0.02 * np.abs(clean))
            column[lit] = clean + noise * rng.standard_normal(len(clean))
    return signals
