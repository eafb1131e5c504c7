"""A simulated session as a folder of ALF datasets, as the IBL's rigs leave it."""

from __future__ import annotations

import importlib
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.faults import MetadataFault
from ranvier.analysis.files._tables import write_table, write_whole

if TYPE_CHECKING:
    from ranvier.sim.photometry_session import SimulatedSession

_LIGHT = {1: (415.0, "Isosbestic", "Violet"), 2: (470.0, "GCaMP", "Blue")}
_CLOCK_OFFSET_S = 227.2316  # the camera's clock began so long before the session's
_SIDE_DEGREES = 35
_TRIALS_ORDER = (
    "intervals_0",
    "intervals_1",
    "goCue_times",
    "response_times",
    "choice",
    "stimOn_times",
    "contrastLeft",
    "contrastRight",
    "feedback_times",
    "feedbackType",
    "rewardVolume",
    "probabilityLeft",
    "firstMovement_times",
)


def write_alf_session(
    session: SimulatedSession,
    root: str | Path,
    *,
    subject: str,
    start_time: str,
    number: int = 1,
    lab: str = "simlab",
) -> Path:
    """Write a simulated session as ALF datasets.

    ONE reads the folder after `one.alf.cache.make_parquet_db(root)`, in local mode.

    Parameters
    ----------
    session
        As simulated.
    root
        Folder of the laboratories.
    subject
        Name of the subject.
    start_time
        ISO 8601; its day is the folder's.
    number
        Number of the session on its day.
    lab
        Laboratory.

    Returns
    -------
    pathlib.Path
        root/lab/Subjects/subject/date/number.

    Raises
    ------
    MetadataFault
        If `start_time` is no time.
    AnalysisError
        If a file can't be written.
    """
    try:
        start = datetime.fromisoformat(start_time)
    except ValueError as error:
        raise MetadataFault(
            "the start of the session is no time.",
            session=subject,
            found=start_time,
            wanted="ISO 8601, as 2024-11-05T14:03:22",
        ) from error
    day = start.date().isoformat()
    folder = Path(root, lab, "Subjects", subject, day, f"{number:03d}")
    _write_task(session, folder / "alf" / "task_00")
    _write_photometry(session, folder / "alf" / "photometry")
    _write_raw_photometry(session, folder / "raw_photometry_data", start)
    _write_raw_task(session, folder / "raw_task_data_00", subject, start, number)
    _write_description(session, folder, start)
    return folder


def _write_task(session: SimulatedSession, folder: Path) -> None:
    columns = session.trials.columns
    table = pd.DataFrame({name: columns[name] for name in _TRIALS_ORDER})
    write_table(table, folder / "_ibl_trials.table.pqt")
    _write_array(folder / "_ibl_wheel.position.npy", session.wheel_positions)
    _write_array(folder / "_ibl_wheel.timestamps.npy", session.wheel_times)


def _write_photometry(session: SimulatedSession, folder: Path) -> None:
    arrow: Any = importlib.import_module("pyarrow")
    rois = {fibre.roi: session.signals[:, i] for i, fibre in enumerate(session.fibres)}
    code = np.select([session.led_states == state for state in _LIGHT], [1, 2], 0)
    light = [(np.nan, "", ""), *_LIGHT.values()]
    words = {
        name: arrow.DictionaryArray.from_arrays(
            code.astype(np.int8), [light[k][place] for k in range(3)]
        ).cast(arrow.string())
        for place, name in ((1, "name"), (2, "color"))
    }
    table = arrow.table(
        {
            **rois,
            "times": session.frame_times,
            "valid": code > 0,
            "wavelength": np.array([row[0] for row in light])[code],
            **words,
        }
    )
    _write_arrow(folder / "photometry.signal.pqt", table)
    locations = pd.DataFrame(
        {
            "fiber": [f"fiber{i:02d}" for i in range(len(session.fibres))],
            "brain_region": _name_regions(session),
        },
        index=pd.Index([fibre.roi for fibre in session.fibres], name="ROI"),
    )
    sink = io.BytesIO()
    locations.to_parquet(sink)
    write_whole(folder / "photometryROI.locations.pqt", sink.getvalue())


def _write_raw_photometry(
    session: SimulatedSession, folder: Path, start: datetime
) -> None:
    arrow: Any = importlib.import_module("pyarrow")
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    of_day = 1e3 * (start - midnight).total_seconds()

    def stamp(times: Any) -> dict[str, Any]:
        return {
            "SystemTimestamp": times + _CLOCK_OFFSET_S,
            "ComputerTimestamp": of_day + 1e3 * times,
        }

    frames = arrow.table(
        {
            "FrameCounter": np.arange(len(session.frame_times)),
            "LedState": session.led_states,
            **stamp(session.frame_times),
            **{
                fibre.roi: session.signals[:, i]
                for i, fibre in enumerate(session.fibres)
            },
        }
    )
    _write_arrow(folder / "_neurophotometrics_fpData.raw.pqt", frames)
    edges = pd.DataFrame(
        {
            "ChannelName": "DI0",
            "Channel": 0,
            "AlwaysTrue": session.digital_values,
            **stamp(session.digital_times),
        }
    )
    write_table(edges, folder / "_neurophotometrics_fpData.digitalInputs.pqt")
    channels = "Condition,Violet,Blue,Green,LedState\nNo additional signal,0,0,0,0\n"
    channels += "No additional signal,1,0,0,1\nNo additional signal,0,1,0,2\n"
    path = folder / "_neurophotometrics_fpData.channels.csv"
    write_whole(path, channels.encode())


def _write_raw_task(
    session: SimulatedSession,
    folder: Path,
    subject: str,
    start: datetime,
    number: int,
) -> None:
    trials, task = session.trials, session.task
    positions = np.where(trials.is_right, _SIDE_DEGREES, -_SIDE_DEGREES).tolist()
    spans = np.diff(np.minimum(np.cumsum([0, *trials.block_lengths]), task.n_trials))
    settings = {
        "SUBJECT_NAME": subject,
        "SESSION_NUMBER": number,
        "SESSION_START_TIME": start.isoformat(),
        "SESSION_END_TIME": (start + timedelta(seconds=task.duration_s)).isoformat(),
        "PYBPOD_PROTOCOL": f"_iblrig_tasks_{task.kind}ChoiceWorld",
        "CONTRAST_SET": [contrast / 100 for contrast in task.contrasts],
        "BLOCK_PROBABILITY_SET": [0.2, 0.8],
        "LEN_BLOCKS": [int(span) for span in spans if span],
        "POSITIONS": positions,
        "STIM_POSITIONS": [-_SIDE_DEGREES, _SIDE_DEGREES],
        "NTRIALS": task.n_trials,
    }
    path = folder / "_iblrig_taskSettings.raw.json"
    write_whole(path, json.dumps(settings, indent=1).encode())
    lines = [
        json.dumps(
            {
                "trial_num": row + 1,
                "position": positions[row],
                "contrast": abs(float(trials.signed_contrast[row])) / 100,
                "stim_probability_left": float(trials.columns["probabilityLeft"][row]),
                "trial_correct": bool(trials.columns["feedbackType"][row] == 1),
            }
        )
        for row in range(task.n_trials)
    ]
    write_whole(folder / "_iblrig_taskData.raw.jsonable", "\n".join(lines).encode())


def _write_description(
    session: SimulatedSession, folder: Path, start: datetime
) -> None:
    yaml: Any = importlib.import_module("ruamel.yaml")
    task = {"collection": "raw_task_data_00"}
    fibers = {
        fibre.roi: {"location": name}
        for fibre, name in zip(session.fibres, _name_regions(session), strict=True)
    }
    photometry = {
        "collection": "raw_photometry_data",
        "datetime": start.isoformat(),
        "fibers": fibers,
    }
    description = {
        "version": "1.0.0",
        "devices": {"neurophotometrics": photometry},
        "procedures": ["Behavior training/tasks"],
        "projects": ["ibl_fibrephotometry"],
        "sync": {"bpod": {**task, "extension": ".jsonable"}},
        "tasks": [{f"_iblrig_tasks_{session.task.kind}ChoiceWorld": task}],
    }
    sink = io.BytesIO()
    writer = yaml.YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.dump(json.loads(json.dumps(description)), sink)
    write_whole(folder / "_ibl_experiment.description.yaml", sink.getvalue())


def _name_regions(session: SimulatedSession) -> list[str]:
    return [
        f"{fibre.region}-{fibre.hemisphere}" if fibre.hemisphere else fibre.region
        for fibre in session.fibres
    ]


def _write_array(path: Path, values: Any) -> None:
    sink = io.BytesIO()
    np.save(sink, values)
    write_whole(path, sink.getvalue())


def _write_arrow(path: Path, table: Any) -> None:
    parquet: Any = importlib.import_module("pyarrow.parquet")
    sink = io.BytesIO()
    # Noise in a dictionary or packed is slower, and no smaller.
    words = [name for name in table.column_names if name in {"name", "color"}]
    # ONE's loader wants metadata to be there.
    table = table.replace_schema_metadata({"one_metadata": "{}"})
    parquet.write_table(table, sink, use_dictionary=words)
    write_whole(path, sink.getvalue())
