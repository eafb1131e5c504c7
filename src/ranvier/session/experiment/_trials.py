"""The table of trials that a workflow wrote, in the columns that readers know; pure."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Trial: TypeAlias = "dict[str, str]"
TrialStatistics: TypeAlias = "dict[str, Any]"

# What the older launcher's code wrote, and what its documentation lists besides.
COLUMNS = (
    "trial_index",
    "stimulus_start_time",
    "stimulus_end_time",
    "stimulus_type",
    "target_neuron",
    "target_branch",
    "laser_power",
    "frame_rate",
    "success",
    "response_time",
    "dmd_pattern",
    "start_time",
    "stop_time",
    "stimulus_name",
    "duration",
)
_START, _STOP = (
    ("stimulus_start_time", "start_time", "start_s"),
    (
        "stimulus_end_time",
        "stop_time",
        "end_time",
        "stop_s",
        "end_s",
    ),
)
_INDEX = ("trial_index", "trial", "trial_number")
_YES, _NO = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")
# True of every trial if the parameters say it of the session.
_COMMON = ("laser_power", "frame_rate", "stimulus_name")


class TrialTableError(ValueError):
    """The table does not say when its trials were."""


def find_trial_files(folder: Path, own: str) -> list[Path]:
    """Find tables of trials in a session folder, that of trials before all others.

    Parameters
    ----------
    folder
        Of the session; folders in it are not looked into.
    own
        Name of the table that is made of them.

    Returns
    -------
    list of Path
        By name.
    """
    words = ("trial", "stimulus")
    found = [
        path
        for path in folder.glob("*.csv")
        if path.name != own and any(word in path.name.lower() for word in words)
    ]
    return sorted(found, key=lambda path: ("trial" not in path.name.lower(), path.name))


def read_trials(text: str) -> list[Trial]:
    """Read a table of trials; every row must say when its trial began and ended.

    Parameters
    ----------
    text
        CSV with a head; times in s on the workflow's clock.

    Returns
    -------
    list of dict
        By our columns; what the table does not have is missing.

    Raises
    ------
    TrialTableError
        If a time is missing or is none, or there are no trials.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    trials = [
        _read_row(row, place, reader.line_num) for place, row in enumerate(reader)
    ]
    if not trials:
        raise TrialTableError("it has no rows")
    return trials


def write_trials(trials: Sequence[Trial], params: Mapping[str, Any]) -> str:
    """Write trials with all columns that readers know.

    Parameters
    ----------
    trials
        In order.
    params
        Of the session: what it says of all trials alike.

    Returns
    -------
    str
        CSV; a cell that nobody knows is empty.
    """
    common = {key: str(params[key]) for key in _COMMON if params.get(key) is not None}
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for trial in trials:
        cells = {**common, **trial}
        writer.writerow([cells.get(column, "") for column in COLUMNS])
    return file.getvalue()


def compute_trial_statistics(trials: Sequence[Trial]) -> TrialStatistics:
    """Count trials and what they say.

    Parameters
    ----------
    trials
        In order.

    Returns
    -------
    dict
        total_trials; successful_trials and success_rate (None if no trial says whether
        it was one; those that do not are not counted); stimulus_types; mean_duration
        and total_duration, s. Empty without trials.
    """
    if not trials:
        return {}
    told = [_read_success(trial.get("success", "")) for trial in trials]
    known = [each for each in told if each is not None]
    total_s = math.fsum(float(trial["duration"]) for trial in trials)
    types = Counter(trial.get("stimulus_type") or "unknown" for trial in trials)
    return {
        "total_trials": len(trials),
        "successful_trials": sum(known) if known else None,
        "success_rate": sum(known) / len(known) if known else None,
        "stimulus_types": dict(types),
        "mean_duration": total_s / len(trials),
        "total_duration": total_s,
    }


def _read_row(row: Mapping[str, str | None], place: int, line: int) -> Trial:
    start, stop = _find(row, _START), _find(row, _STOP)
    if not start or not stop:
        raise TrialTableError(f"line {line} does not say when it began and ended")
    length = _number(stop, line) - _number(start, line)
    if length < 0:
        raise TrialTableError(f"line {line} ends before it begins")
    known = {key: row[key] or "" for key in COLUMNS if row.get(key)}
    return {
        **known,
        "trial_index": _find(row, _INDEX) or str(place),
        "stimulus_start_time": start,
        "stimulus_end_time": stop,
        "start_time": start,
        "stop_time": stop,
        "duration": f"{length:.9g}",
    }


def _find(row: Mapping[str, str | None], names: Sequence[str]) -> str:
    return next((row[name] or "" for name in names if row.get(name)), "")


def _number(text: str, line: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise TrialTableError(f"line {line}: {text!r} is no time in s")
    return number


def _read_success(text: str) -> bool | None:
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None
