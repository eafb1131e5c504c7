"""Raw files of an IBL choice task, iblrig 5 and newer: trials and wheel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault, MissingRawData
from ranvier.analysis.readers._alf_files import read_jsonable
from ranvier.analysis.readers._trials import complete_trials

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray

__all__ = ["read_encoder", "read_task_data"]

_TICKS = 1024
_RAD = 2 * np.pi / _TICKS
# The sound card doubles events; what follows sooner is the same sound.
_SAME_SOUND_S = 0.02
_CLOSED_LOOP = 3
_MOST_TICKS = 3
# Encoder and state machine part by µs a minute; more than this is another trial.
_SYNC_S = 0.005


def read_task_data(folder: str | Path) -> pd.DataFrame:
    """Read the trials of a raw task folder.

    Parameters
    ----------
    folder
        raw_behavior_data or raw_task_data_00, of iblrig 5 or newer.

    Returns
    -------
    pandas.DataFrame
        Columns as of `AlfSource.load_trials`, times in s since the start of the first
        trial. firstMovement_times is NaN: it is found in the wheel.

    Raises
    ------
    MissingRawData
        If there is no _iblrig_taskData.raw.jsonable.
    FileFault
        If a line of it can't be read or lacks a field.

    Notes
    -----
    On of the stimulus: the first edge of the photodiode (BNC1) from the state stim_on
    to the response. Feedback: start of the reward; of errors the last sound (BNC2).
    Go cue: the first sound.
    """
    path = _find(Path(folder), "taskData", ".jsonable")
    lines = read_jsonable(path)
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(_read_trial(line, lines[0]))
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise FileFault(
                f"trial {number} of {path.name} is not whole.", session=str(folder),
                found=f"{type(error).__name__}: {error}",
                wanted="fields and states of a choice task of iblrig 5 or newer",
                mend="extract the session with ibllib, which knows other tasks",
            ) from error  # fmt: skip
    return complete_trials(pd.DataFrame(rows), path, str(folder))


def _find(folder: Path, name: str, suffix: str) -> Path:
    found = sorted(folder.glob(f"_iblrig_{name}.raw*{suffix}"))
    if not found:
        raise MissingRawData(
            f"the task folder has no {name}.", session=str(folder),
            wanted=f"_iblrig_{name}.raw{suffix}",
        )  # fmt: skip
    return found[0]


def _read_trial(line: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    data = line["behavior_data"]
    zero = float(first["behavior_data"]["Trial start timestamp"])
    start = float(data["Trial start timestamp"]) - zero
    states = data["States timestamps"]
    events = data["Events timestamps"]
    on, (_, response) = states["stim_on"][0][0], states["closed_loop"][0]
    light = np.sort([*events.get("BNC1High", []), *events.get("BNC1Low", [])])
    shown = light[(light > on) & (light < response)]
    position, contrast = float(line["position"]), _read_contrast(line["contrast"])
    is_nogo = _happened(states, "no_go")
    side = int(np.sign(position))
    is_correct = bool(line["trial_correct"])
    return {
        "intervals_0": start,
        "intervals_1": float(data["Trial end timestamp"]) - zero,
        "stimOn_times": start + (shown[0] if len(shown) else np.nan),
        "goCue_times": start + _find_cue(events),
        "response_times": start + response,
        "feedback_times": start + _find_feedback(states, events),
        "choice": 0 if is_nogo else -side if is_correct else side,
        "feedbackType": 1 if _happened(states, "correct") else -1,
        "rewardVolume": float(line["reward_amount"]) if is_correct else 0.0,
        "contrastLeft": contrast if position < 0 else np.nan,
        "contrastRight": contrast if position > 0 else np.nan,
        "probabilityLeft": float(line["stim_probability_left"]),
    }


def _read_contrast(given: Any) -> float:
    return float(given["value"] if isinstance(given, dict) else given)


def _happened(states: dict[str, Any], name: str) -> bool:
    return bool(np.isfinite(states.get(name, [[np.nan]])[0][0]))


def _find_cue(events: dict[str, Any]) -> float:
    # The tone lasts 0.1 s: where its start was missed, its end tells it.
    if events.get("BNC2High"):
        return float(events["BNC2High"][0])
    return float(events["BNC2Low"][0]) - 0.1 if events.get("BNC2Low") else np.nan


def _find_feedback(states: dict[str, Any], events: dict[str, Any]) -> float:
    if _happened(states, "reward"):
        return float(states["reward"][0][0])
    sounds = np.asarray(events.get("BNC2High", []), dtype=np.float64)
    kept = sounds[np.r_[True, np.diff(sounds) >= _SAME_SOUND_S][: len(sounds)]]
    return float(kept[-1]) if len(kept) > 1 else np.nan


def read_encoder(folder: str | Path) -> tuple[FloatArray, FloatArray]:
    """Read the wheel of a raw task folder.

    Parameters
    ----------
    folder
        As of `read_task_data`.

    Returns
    -------
    tuple of numpy.ndarray
        Times on the clock of the trials, s, and position, rad, anti-clockwise
        positive, shape (n,) each. The task sets the encoder to zero twice a trial;
        the position goes on from where it was.

    Raises
    ------
    MissingRawData
        If there are no positions or events of the encoder, or no task data.
    FileFault
        If they can't be read, or the encoder can't be brought onto the trials' clock.

    Notes
    -----
    The encoder counts 1024 ticks a turn and stamps µs of its own clock. Its event 3
    is the start of the state closed_loop; between those, time runs evenly.
    """
    folder = Path(folder)
    lines = read_jsonable(_find(folder, "taskData", ".jsonable"))
    table = _read_ssv(_find(folder, "encoderPositions", ".ssv"))
    events = _read_ssv(_find(folder, "encoderEvents", ".ssv"))
    zero = float(lines[0]["behavior_data"]["Trial start timestamp"])
    starts = np.array(
        [float(line["behavior_data"]["Trial start timestamp"]) - zero for line in lines]
    )
    states = [line["behavior_data"]["States timestamps"] for line in lines]
    loops = starts + np.array([each["closed_loop"][0][0] for each in states])
    seen = events[events[:, 1] == _CLOSED_LOOP, 0] * 1e-6
    times = _to_trial_clock(table[:, 0] * 1e-6, seen, loops, str(folder))
    resets = [
        start + each[name][0][0]
        for start, each in zip(starts, states, strict=True)
        for name in ("reset_rotary_encoder", "reset2_rotary_encoder")
        if name in each
    ]
    steps = _unwrap(table[:, 1])
    steps[_find_resets(times, table[:, 1], np.array(resets))] = 0.0
    return times, -_RAD * np.cumsum(steps)


def _read_ssv(path: Path) -> FloatArray:
    try:
        # A third column of some versions is a time of day, which is not needed.
        return np.loadtxt(path, dtype=np.float64, usecols=(0, 1), ndmin=2)
    except (OSError, ValueError, IndexError) as error:
        raise FileFault(
            f"{path.name} can't be read.", session=str(path.parent), found=str(error),
            wanted="lines of time, µs, and value",
        ) from error  # fmt: skip


def _to_trial_clock(
    times: FloatArray, seen: FloatArray, loops: FloatArray, session: str
) -> FloatArray:
    # The encoder may have one event more, at either end: take the shift that fits.
    n = min(len(seen), len(loops))
    shifts = [(a, b) for a in {0, len(seen) - n} for b in {0, len(loops) - n}]
    best, off = (0, 0), np.inf
    for a, b in shifts if n > 1 else []:
        miss = np.diff(seen[a : a + n]) - np.diff(loops[b : b + n])
        if float(np.median(np.abs(miss))) < off:
            best, off = (a, b), float(np.median(np.abs(miss)))
    if not off < _SYNC_S:
        raise FileFault(
            "the encoder can't be brought onto the clock of the trials.",
            session=session,
            found=f"{len(seen)} events of the encoder, {len(loops)} trials, "
            f"intervals differ by {off:.3g} s",
            wanted=f"the same intervals within {_SYNC_S:g} s",
        )  # fmt: skip
    x, y = seen[best[0] : best[0] + n], loops[best[1] : best[1] + n]
    slopes = np.diff(y) / np.diff(x)
    inside = np.interp(times, x, y)
    early, late = times < x[0], times > x[-1]
    inside[early] = y[0] + (times[early] - x[0]) * slopes[0]
    inside[late] = y[-1] + (times[late] - x[-1]) * slopes[-1]
    return inside


def _unwrap(ticks: FloatArray) -> FloatArray:
    steps = np.diff(ticks, prepend=ticks[:1])
    return (steps + _TICKS / 2) % _TICKS - _TICKS / 2


def _find_resets(
    times: FloatArray, ticks: FloatArray, resets: FloatArray
) -> np.ndarray:
    """Find the samples that were set to zero: at a reset or within two after it."""
    first = np.searchsorted(times, np.sort(resets), side="left") - 1
    near = np.clip(first[:, None] + np.arange(3), 1, len(ticks) - 1)
    # The encoder sometimes lands beside zero by one tick.
    is_zero = np.abs(ticks[near]) <= 1
    fell = np.abs(ticks[near - 1]) > 1
    hit = is_zero & fell
    which = hit.argmax(axis=1)
    known = near[np.arange(len(near)), which][hit.any(axis=1)]
    # The trial that the task was stopped in is not on file: a fall to zero by more
    # ticks than a sample moves is its reset.
    fall = np.r_[False, (ticks[1:] == 0) & (np.abs(ticks[:-1]) > _MOST_TICKS)]
    after = fall & (times > np.max(resets, initial=-np.inf))
    return np.r_[known, np.flatnonzero(after)]
