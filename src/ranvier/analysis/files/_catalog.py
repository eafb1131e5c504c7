"""What a catalogue of sessions is completed with: kind, targets, length, datasets.

Functions of one session take its row (or a mapping) and give a copy with a field more;
with `exlog` they log a fault and give the row back, see `exception_logger`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import (
    InvalidSessionLength,
    InvalidSessionType,
    InvalidTargetNM,
    MetadataFault,
    exception_logger,
)
from ranvier.analysis.files._schemas import is_list

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ranvier.analysis.arrays import FloatArray

DATASET_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "raw_task": ("_iblrig_taskData.raw.jsonable",),
    "raw_video": ("_iblrig_leftCamera.raw.mp4",),
    "raw_photometry_channels": ("_neurophotometrics_fpData.channels.csv",),
    "raw_photometry_signals": ("_neurophotometrics_fpData.raw.pqt",),
    "extracted_task": ("_ibl_trials.table.pqt",),
    "extracted_wheel": ("_ibl_wheel.position.npy",),
    "extracted_photometry_signal": ("photometry.signal.pqt",),
    "extracted_photometry_locations": ("photometryROI.locations.pqt",),
}
"""Datasets that each kind of data is there with, any one of them."""


def bare_region(region: str) -> str:
    """Take the hemisphere off the name of a region.

    Parameters
    ----------
    region
        "VTA-l", "VTA-r" or "VTA".

    Returns
    -------
    str
        "VTA".
    """
    return region[:-2] if region.endswith(("-l", "-r")) else region


def has_dataset_category(datasets: Any, names: Collection[str]) -> bool:
    """Tell whether any dataset of a kind is there.

    Parameters
    ----------
    datasets
        Relative paths; anything that is no list counts as none.
    names
        File names of the kind, or relative paths; one is enough.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_dataset_category(["alf/task_00/_ibl_wheel.position.npy"],
    ...                      ["_ibl_wheel.position.npy"])
    True
    """
    if not is_list(datasets):
        return False
    listed = {str(dataset) for dataset in datasets}
    listed |= {PurePosixPath(dataset).name for dataset in listed}
    return not listed.isdisjoint(names)


def add_dataset_flags(
    frame: pd.DataFrame,
    categories: Mapping[str, Collection[str]] = DATASET_CATEGORIES,
) -> pd.DataFrame:
    """Say of each session which kinds of data are there.

    Parameters
    ----------
    frame
        Sessions, with the list column `datasets`.
    categories
        Kind → names of its datasets.

    Returns
    -------
    pandas.DataFrame
        A copy with one column `has_<kind>` (bool) for each kind.
    """
    flags = {
        f"has_{kind}": np.array(
            [has_dataset_category(listed, names) for listed in frame["datasets"]], bool
        )
        for kind, names in categories.items()
    }
    return frame.assign(**flags)


@exception_logger
def get_session_type(
    row: Any, session_types: Collection[str], red_flags: Collection[str] = ()
) -> Any:
    """Tell the type of a session by the protocol of its task.

    Parameters
    ----------
    row
        Session, with `task_protocol`.
    session_types
        Types: each is looked for as `<type>ChoiceWorld`, "histology" as "Histology".
    red_flags
        A protocol with any of these letters in it has no type.

    Returns
    -------
    Series or dict
        The row, with `session_type`.

    Raises
    ------
    InvalidSessionType
        If the protocol names none, several, or a red flag.

    Examples
    --------
    >>> row = {"eid": "s1", "task_protocol": "_iblrig_tasks_biasedChoiceWorld6.4.2"}
    >>> get_session_type(row, ["training", "biased"])["session_type"]
    'biased'
    """
    protocol = str(row["task_protocol"] or "")
    found = [
        kind
        for kind in session_types
        if ("Histology" if kind == "histology" else f"{kind}ChoiceWorld") in protocol
    ]
    warned = [flag for flag in red_flags if flag in protocol]
    if len(found) == 1 and not warned:
        return _with(row, session_type=found[0])
    reason = (
        "holds a red flag" if found and warned else "names no type or more than one"
    )
    raise InvalidSessionType(
        f"the protocol {reason}.",
        session=str(row["eid"]),
        found=f"{protocol!r}: {', '.join([*found, *warned]) or 'nothing known'}",
        wanted=f"one of {', '.join(session_types)}",
    )


@exception_logger
def get_targetNM(row: Any, target_nms: Collection[str] = ()) -> Any:  # noqa: N802 - the seed's
    """Make the targets of a session from its regions and its neuromodulator.

    Parameters
    ----------
    row
        Session, with `brain_region` (list) and `NM`. If it is a Series or dict, its
        `target_NM` is set before a fault is raised, so that the lists stay parallel.
    target_nms
        Targets that are known; empty knows all.

    Returns
    -------
    Series or dict
        The row, with `target_NM`; None for a region that has no name.

    Raises
    ------
    InvalidTargetNM
        If a target is not known.

    Examples
    --------
    >>> row = {"eid": "s1", "brain_region": ["VTA-l"], "NM": "DA"}
    >>> get_targetNM(row, ["VTA-DA"])["target_NM"]
    ['VTA-DA']
    """
    regions = row["brain_region"] if is_list(row["brain_region"]) else []
    targets = [
        f"{bare_region(str(region))}-{row['NM']}" if region else None
        for region in regions
    ]
    row["target_NM"] = targets
    unknown = [
        name for name in targets if name and target_nms and name not in target_nms
    ]
    if unknown:
        raise InvalidTargetNM(
            session=str(row["eid"]),
            found=", ".join(unknown),
            wanted=", ".join(target_nms),
        )
    return row


@exception_logger
def get_session_length(row: Any) -> Any:
    """Tell how long a session was.

    Parameters
    ----------
    row
        Session, with `start_time` and `end_time`, ISO 8601.

    Returns
    -------
    Series or dict
        The row, with `session_length`, s.

    Raises
    ------
    InvalidSessionLength
        If a time is missing, or the end is before the start or on another day.

    Examples
    --------
    >>> times = {"start_time": "2024-11-05T10:00:00", "end_time": "2024-11-05T11:00:00"}
    >>> get_session_length({"eid": "s1"} | times)["session_length"]
    3600.0
    """
    texts = [row["start_time"], row["end_time"]]
    try:
        start, end = (datetime.fromisoformat(text) for text in texts)
        length = (end - start).total_seconds()
    except (TypeError, ValueError):
        length = -1.0
        start = end = None
    if length < 0 or start is None or end is None or start.date() != end.date():
        raise InvalidSessionLength(
            session=str(row["eid"]),
            found=f"from {texts[0]} to {texts[1]}",
            wanted="two times of one day, the later one last",
        )
    return _with(row, session_length=length)


def number_sessions(frame: pd.DataFrame) -> pd.DataFrame:
    """Give days and sessions of each subject their numbers.

    Parameters
    ----------
    frame
        Sessions, with `subject` and `start_time` (ISO 8601).

    Returns
    -------
    pandas.DataFrame
        A copy with `day_n`, days since the subject's first date, and `session_n`, rank
        of the date among those of the subject, from 1; two sessions of a day share it.

    Raises
    ------
    MetadataFault
        If a start is no time.
    """
    # The day on the rig's clock: the first ten letters, whatever the time zone is.
    text = frame["start_time"].astype(str).str.slice(0, 10)
    day = pd.to_datetime(text, errors="coerce", format="%Y-%m-%d")
    if day.isna().any():
        wrong = frame.loc[day.isna()]
        raise MetadataFault(
            "the start of a session is no time.",
            session=", ".join(map(str, wrong.get("eid", wrong.index))),
            found=", ".join(map(str, wrong["start_time"])),
            wanted="ISO 8601, as 2024-11-05T14:03:22",
        )
    by_subject = day.groupby(frame["subject"])
    return frame.assign(
        day_n=(day - by_subject.transform("min")).dt.days,
        session_n=by_subject.rank(method="dense"),
    )


def traj2coord(
    x: float, y: float, z: float, depth: float, theta: float, phi: float
) -> FloatArray:
    """Compute where the tip of a fibre is.

    x - d sin θ cos φ, y - d sin θ sin φ, z - d cos θ, in the coordinates of the IBL
    on the Allen atlas.

    Parameters
    ----------
    x, y, z
        Where it enters the brain, µm from bregma: across, along, up.
    depth
        How deep it is, µm.
    theta, phi
        Tilt from the vertical, and its azimuth from the right, anticlockwise; degrees.

    Returns
    -------
    numpy.ndarray
        Tip, µm, shape (3,).

    Examples
    --------
    >>> traj2coord(500.0, -3000.0, 0.0, 4500.0, 0.0, 0.0).tolist()
    [500.0, -3000.0, -4500.0]
    """
    polar, azimuth = np.radians([theta, phi])
    along = np.array(
        [
            np.sin(polar) * np.cos(azimuth),
            np.sin(polar) * np.sin(azimuth),
            np.cos(polar),
        ]
    )
    return np.array([x, y, z], dtype=np.float64) - depth * along


def _with(row: Any, **fields: Any) -> Any:
    changed = row.copy()
    for name, value in fields.items():
        changed[name] = value
    return changed
