"""A simulated subject at the IBL's choice task: its trials and its wheel.

The subject's psychometric function, reaction times and movements are known, so that
an analysis can be held against them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

__all__ = ["ChoiceTask", "Traits", "Trials", "draw_traits", "turn_wheel", "work_trials"]

_N_UNBIASED = 90  # trials at the begin of a session with blocks
_BLOCK_LENGTHS = (20, 100, 60.0)  # least, most, scale of the exponential
_TICK_RAD = 2 * np.pi / 1024  # of the IBL's rotary encoder
_THRESHOLD_RAD = 0.3  # about the turn that brings the stimulus to the centre


@dataclass(frozen=True)
class ChoiceTask:
    """What the task is like.

    Parameters
    ----------
    kind
        "training" (every block 50/50), "biased" or "ephys" (blocks of 20/80).
    n_trials
        Number of trials.
    duration_s
        Length of the session, s; the trials fill it but for `margin_s`.
    contrasts
        Contrasts, percent; 0 is half as frequent as the others.
    nogo_fraction
        Share of trials without a choice.
    nogo_window_s
        How long the task waits for a choice, s.
    margin_s
        Time before the first and after the last trial, s.
    """

    kind: str = "biased"
    n_trials: int = 700
    duration_s: float = 3600.0
    contrasts: tuple[float, ...] = (100.0, 25.0, 12.5, 6.25, 0.0)
    nogo_fraction: float = 0.005
    nogo_window_s: float = 60.0
    margin_s: float = 30.0


@dataclass(frozen=True)
class Traits:
    """What one subject is like, in all of its sessions.

    Parameters
    ----------
    bias, threshold
        Of the psychometric function, percent contrast.
    lapse_left, lapse_right
        P(right) is `lapse_right` at the far left, 1 - `lapse_left` at the far right.
    bias_shift
        Bias in blocks of 80 % left less that in blocks of 20 %, percent contrast.
    reaction_s
        Median reaction time at full contrast, s.
    gain
        Factor on the responses to each of three events: stimulus, movement, feedback.
    """

    bias: float
    threshold: float
    lapse_left: float
    lapse_right: float
    bias_shift: float
    reaction_s: float
    gain: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Trials:
    """Trials of a session, with what was planned.

    Parameters
    ----------
    columns
        Columns of the IBL's trials table, each of shape (n_trials,); times in s on the
        session's clock, contrast as a fraction, NaN on the other side; `choice` is -1
        for right, +1 for left, 0 for none.
    signed_contrast
        Percent, negative on the left, shape (n_trials,).
    is_right
        Whether the stimulus stood on the right, shape (n_trials,).
    block_lengths, block_probabilities
        Planned blocks: trials, and probability of left.
    """

    columns: dict[str, NDArray[Any]]
    signed_contrast: Float
    is_right: NDArray[np.bool_]
    block_lengths: tuple[int, ...]
    block_probabilities: tuple[float, ...]


def draw_traits(subject_seed: int) -> Traits:
    """Draw a subject.

    Parameters
    ----------
    subject_seed
        Which one.

    Returns
    -------
    Traits

    Examples
    --------
    >>> draw_traits(1) == draw_traits(1)
    True
    """
    rng = np.random.default_rng([subject_seed, 1])
    gain = np.clip(rng.normal(1.0, 0.2, 3), 0.3, None)
    return Traits(
        bias=float(rng.normal(0.0, 3.0)),
        threshold=float(rng.uniform(12.0, 24.0)),
        lapse_left=float(rng.uniform(0.01, 0.08)),
        lapse_right=float(rng.uniform(0.01, 0.08)),
        bias_shift=float(rng.uniform(8.0, 20.0)),
        reaction_s=float(rng.uniform(0.14, 0.22)),
        gain=(float(gain[0]), float(gain[1]), float(gain[2])),
    )


def work_trials(rng: np.random.Generator, task: ChoiceTask, traits: Traits) -> Trials:
    """Let a subject work through a session.

    P(right) = r + (1 - r - l) (erf((c - bias)/threshold) + 1)/2 with the lapses r, l,
    the psychometric function of The International Brain Laboratory (eLife 2021).

    Parameters
    ----------
    rng
        Where the draws come from.
    task
        What the task is like.
    traits
        What the subject is like.

    Returns
    -------
    Trials

    Raises
    ------
    AnalysisError
        If the trials do not fit into the session.
    """
    lengths, probabilities = _plan_blocks(rng, task)
    p_left = np.repeat(probabilities, lengths)[: task.n_trials]
    contrast = _draw_contrasts(rng, task)
    is_right = rng.random(task.n_trials) >= p_left
    signed = np.where(is_right, contrast, -contrast)
    choice = _choose(rng, task, traits, signed, p_left)
    is_correct = choice == np.where(is_right, -1, 1)
    columns = _time_trials(rng, task, traits, contrast, choice, is_correct)
    columns |= {
        "choice": choice,
        "feedbackType": np.where(is_correct, 1, -1),
        "rewardVolume": np.where(is_correct, 1.5, 0.0),
        "contrastLeft": np.where(is_right, np.nan, contrast / 100),
        "contrastRight": np.where(is_right, contrast / 100, np.nan),
        "probabilityLeft": p_left,
    }
    return Trials(columns, signed, is_right, tuple(lengths), tuple(probabilities))


def turn_wheel(
    rng: np.random.Generator, trials: Trials, duration_s: float, rate_hz: float = 100.0
) -> tuple[Float, Float]:
    """Turn the wheel as the choices say.

    Each choice is one smooth movement (minimum jerk; Flash and Hogan, Journal of
    Neuroscience 1985) from the first movement to the response; after the feedback the
    subject moves once more, at random. The encoder counts whole ticks and sends a
    sample when its count changes, and the one before. Left turns are negative, as
    the IBL's wheel counts anticlockwise as positive.

    Parameters
    ----------
    rng
        Where the draws come from.
    trials
        What the subject did.
    duration_s
        Length of the session, s.
    rate_hz
        Samples per second that the encoder can send.

    Returns
    -------
    times, positions
        s and rad, each of shape (n_samples,).
    """
    table = trials.columns
    went = np.flatnonzero(table["choice"] != 0)
    first = table["firstMovement_times"][went]
    length = table["response_times"][went] - first
    turn = -table["choice"][went] * _THRESHOLD_RAD * rng.uniform(1.0, 1.15, len(went))
    # Within the second before the next trial, so that movements never overlap.
    late = table["feedback_times"][went] + rng.uniform(0.1, 0.3, len(went))
    begin = np.column_stack((first, late)).ravel()
    lasts = np.column_stack((length, rng.uniform(0.2, 0.5, len(went)))).ravel()
    turned = np.column_stack((turn, rng.normal(0.0, 0.15, len(went)))).ravel()
    times = np.arange(int(duration_s * rate_hz)) / rate_hz
    position = np.zeros(len(times))
    if len(went):
        last = np.searchsorted(begin, times, side="right") - 1
        known = np.maximum(last, 0)
        x = np.clip((times - begin[known]) / lasts[known], 0.0, 1.0)
        before = np.concatenate(([0.0], np.cumsum(turned)[:-1]))
        position = before[known] + turned[known] * x**3 * (10 - 15 * x + 6 * x**2)
    counted = np.round(position / _TICK_RAD)
    changed = np.flatnonzero(np.diff(counted))
    sent = np.unique(np.concatenate(([0, len(times) - 1], changed, changed + 1)))
    return times[sent], counted[sent] * _TICK_RAD


def _plan_blocks(
    rng: np.random.Generator, task: ChoiceTask
) -> tuple[list[int], list[float]]:
    if task.kind == "training":
        return [task.n_trials], [0.5]
    least, most, scale = _BLOCK_LENGTHS
    lengths, probabilities = [_N_UNBIASED], [0.5]
    p_left = float(rng.choice([0.2, 0.8]))
    while sum(lengths) < task.n_trials:
        drawn = least + rng.exponential(scale)
        if drawn > most:
            continue
        lengths.append(int(drawn))
        probabilities.append(p_left)
        p_left = round(1.0 - p_left, 1)
    return lengths, probabilities


def _draw_contrasts(rng: np.random.Generator, task: ChoiceTask) -> Float:
    values = np.asarray(task.contrasts)
    weight = np.where(values == 0, 0.5, 1.0)
    return rng.choice(values, task.n_trials, p=weight / weight.sum())


def _choose(
    rng: np.random.Generator,
    task: ChoiceTask,
    traits: Traits,
    signed: Float,
    p_left: Float,
) -> NDArray[np.int64]:
    shift = traits.bias_shift * (p_left - 0.5) / 0.6
    x = (signed - traits.bias - shift) / traits.threshold
    seen, where = np.unique(x, return_inverse=True)
    erf = np.array([math.erf(value) for value in seen])[where]
    core = 1 - traits.lapse_left - traits.lapse_right
    p_right = traits.lapse_right + core * (erf + 1) / 2
    choice = np.where(rng.random(task.n_trials) < p_right, -1, 1)
    choice[rng.random(task.n_trials) < task.nogo_fraction] = 0
    return choice.astype(np.int64)


def _time_trials(
    rng: np.random.Generator,
    task: ChoiceTask,
    traits: Traits,
    contrast: Float,
    choice: NDArray[np.int64],
    is_correct: NDArray[np.bool_],
) -> dict[str, NDArray[Any]]:
    n = task.n_trials
    median = traits.reaction_s * (2.0 - contrast / 100)
    to_stim = 0.55 + np.minimum(0.4 + rng.exponential(0.05, n), 0.7)
    reaction = 0.08 + median * rng.lognormal(0.0, 0.35, n)
    movement = 0.12 + rng.exponential(0.12, n)
    waited = choice == 0
    to_response = np.where(waited, task.nogo_window_s, reaction + movement)
    tail = np.where(is_correct, 1.0, 2.0)
    busy = to_stim + to_response + tail
    spare = task.duration_s - 2 * task.margin_s - busy.sum()
    if spare < 0:
        raise AnalysisError(
            "the trials do not fit into the session.",
            code="RV-A95",
            found=f"{n} trials take {busy.sum():.0f} s",
            wanted=f"at most {task.duration_s - 2 * task.margin_s:.0f} s",
            mend="lower `n_trials`, or raise `duration_s`",
        )
    rest = rng.exponential(1.0, n)
    rest *= spare / rest.sum() if n else 1.0
    begin = task.margin_s + np.cumsum(rest + busy) - busy
    stim_on = begin + to_stim
    response = stim_on + to_response
    return {
        "intervals_0": begin,
        "intervals_1": begin + busy,
        "goCue_times": stim_on + rng.uniform(0.0002, 0.001, n),
        "stimOn_times": stim_on,
        "firstMovement_times": np.where(waited, np.nan, stim_on + reaction),
        "response_times": response,
        "feedback_times": response + rng.uniform(0.0001, 0.0006, n),
    }
