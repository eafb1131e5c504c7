"""A session as an NWB file with ndx-fiber-photometry, as DANDI wants it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ranvier.analysis.faults import MetadataFault
from ranvier.analysis.files._nwb_optics import NwbOptics, add_optics
from ranvier.analysis.files._tables import write_whole
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ranvier.analysis.arrays import FloatArray

_SUBJECT_FIELDS = (
    "subject_id",
    "species",
    "sex",
    "age",
    "date_of_birth",
    "strain",
    "genotype",
    "description",
    "weight",
)
_SESSION_FIELDS = (
    "experimenter",
    "institution",
    "lab",
    "keywords",
    "experiment_description",
    "related_publications",
    "notes",
)


@dataclass(frozen=True, eq=False)
class NwbSession:
    """What goes into the NWB file of one session.

    Parameters
    ----------
    metadata
        eid, subject, start_time (ISO 8601), brain_region and hemisphere (lists); and,
        as NWB names them, experimenter ("Last, First"), institution, lab, keywords,
        experiment_description, session_description.
    subject
        species ("Mus musculus"), sex (M, F, U, O), age (ISO 8601, "P90D") or
        date_of_birth (ISO 8601); strain, genotype, description, weight.
    raw
        Band → frame: index `times`, s; one column a fibre.
    preprocessed
        Index `times`, s; one column a fibre, z.
    trials
        Columns of ALF; times in s. Start and stop of a trial are intervals_0 and
        intervals_1, or else the first and last of its times.
    wheel
        Times and positions, s and rad.
    responses
        Region → xarray.DataArray with dims (event, trial, time).
    optics
        What light, fibres and indicator were like.
    timezone
        Of a `start_time` that does not say its own.
    """

    metadata: Mapping[str, Any]
    subject: Mapping[str, Any]
    raw: Mapping[str, pd.DataFrame]
    preprocessed: pd.DataFrame | None = None
    trials: pd.DataFrame | None = None
    wheel: tuple[FloatArray, FloatArray] | None = None
    responses: Mapping[str, Any] = field(default_factory=dict)
    optics: NwbOptics = field(default_factory=NwbOptics)
    timezone: str = "UTC"


def write_nwb(session: NwbSession, path: str | Path) -> None:
    """Write a session as an NWB file.

    Parameters
    ----------
    session
        What goes in.
    path
        The file; a reader sees the old one or the new.

    Raises
    ------
    MetadataFault
        If anything that DANDI requires of session or subject is missing; all of it is
        named at once.
    AnalysisError
        If pynwb or ndx-fiber-photometry is not installed, or the file can't be
        written.
    """
    start = check_nwb_session(session)
    h5py: Any = importlib.import_module("h5py")
    try:
        pynwb: Any = importlib.import_module("pynwb")
        importlib.import_module("ndx_fiber_photometry")
    except ImportError as error:
        raise AnalysisError(
            "NWB can't be written here.",
            code="RV-A93",
            found=str(error),
            wanted="pynwb and ndx-fiber-photometry",
            mend="pip install ranvier[nwb]",
        ) from error
    file = _make_file(pynwb, session, start)
    _add_photometry(pynwb, file, session)
    _add_trials(file, session.trials)
    _add_wheel(pynwb, file, session.wheel)
    _add_responses(pynwb, file, session.responses)
    path = Path(path)
    with h5py.File(path.name, "w", driver="core", backing_store=False) as image:
        io = pynwb.NWBHDF5IO(mode="w", file=image)
        io.write(file, link_data=False)
        image.flush()
        content = image.id.get_file_image()
    write_whole(path, content)


def check_nwb_session(session: NwbSession) -> datetime:
    """See whether all is there that DANDI requires.

    Parameters
    ----------
    session
        What is to be written.

    Returns
    -------
    datetime.datetime
        Start of the session, with its time zone.

    Raises
    ------
    MetadataFault
        If something is missing; all of it is named at once.
    """
    about, subject = session.metadata, session.subject
    missing = [name for name in ("eid", "subject", "start_time") if not about.get(name)]
    missing += [
        f"{name} of the subject" for name in ("species", "sex") if not subject.get(name)
    ]
    if not (subject.get("age") or subject.get("date_of_birth")):
        missing.append("age or date_of_birth of the subject")
    if not session.raw or not all(len(frame) for frame in session.raw.values()):
        missing.append("raw photometry")
    light = {
        "excitation_nm": session.optics.excitation_nm,
        "emission_nm": session.optics.emission_nm,
    }
    missing += [
        f"{name} of {band}"
        for name, nm in light.items()
        for band in session.raw
        if band not in nm
    ]
    start = None
    try:
        start = datetime.fromisoformat(str(about.get("start_time")))
    except ValueError:
        missing.append("start_time in ISO 8601")
    if missing or start is None:
        raise MetadataFault(
            "the session lacks what an NWB file must say.",
            session=str(about.get("eid") or about.get("subject") or ""),
            found=f"no {', no '.join(dict.fromkeys(missing))}",
            wanted="what DANDI requires of session and subject",
            mend="add it to the tables of sessions and subjects",
        )
    return start if start.tzinfo else start.replace(tzinfo=ZoneInfo(session.timezone))


def _make_file(pynwb: Any, session: NwbSession, start: datetime) -> Any:
    about = session.metadata
    given = {"subject_id": str(about["subject"]), **session.subject}
    subject = _take(given, _SUBJECT_FIELDS)
    if isinstance(subject.get("genotype"), list):
        subject["genotype"] = ", ".join(map(str, subject["genotype"]))
    if isinstance(subject.get("date_of_birth"), str):
        born = datetime.fromisoformat(subject["date_of_birth"])
        zone = born.tzinfo or start.tzinfo
        subject["date_of_birth"] = born.replace(tzinfo=zone)
    protocol = about.get("task_protocol")
    description = about.get("session_description") or (
        f"Fibre photometry during {protocol}." if protocol else "Fibre photometry."
    )
    return pynwb.NWBFile(
        session_description=description,
        identifier=str(about["eid"]),
        session_id=str(about["eid"]),
        session_start_time=start,
        subject=pynwb.file.Subject(**subject),
        **_take(about, _SESSION_FIELDS),
    )


def _add_photometry(pynwb: Any, file: Any, session: NwbSession) -> None:
    ndx: Any = importlib.import_module("ndx_fiber_photometry")
    fibres = [str(name) for name in next(iter(session.raw.values())).columns]
    bands = [*session.raw]
    table = add_optics(file, session.metadata, session.optics, fibres, bands)
    for place, (band, frame) in enumerate(session.raw.items()):
        rows = [place * len(fibres) + i for i in range(len(fibres))]
        region = table.create_fiber_photometry_table_region(
            region=rows, description=f"Fibres lit for {band}."
        )
        series = ndx.FiberPhotometryResponseSeries(
            name=f"fiber_photometry_{band.lower()}",
            description=f"Raw fluorescence of {band}: {', '.join(fibres)}.",
            unit="a.u.",
            fiber_photometry_table_region=region,
            **_sample(frame),
        )
        file.add_acquisition(series)
    if session.preprocessed is not None and len(session.preprocessed):
        names = ", ".join(map(str, session.preprocessed.columns))
        series = pynwb.TimeSeries(
            name="fiber_photometry_preprocessed",
            description=f"Corrected for bleaching and movement, z-scored: {names}.",
            unit="z",
            **_sample(session.preprocessed),
        )
        module = file.create_processing_module("ophys", "Processed photometry.")
        module.add(series)


def _sample(frame: pd.DataFrame) -> dict[str, Any]:
    """Give data, and a rate where the times are regular, else the times."""
    times = frame.index.to_numpy(np.float64)
    sampled: dict[str, Any] = {"data": _pack(frame.to_numpy(np.float64))}
    steps = np.diff(times)
    # NWB wants a rate where there is one; a microsecond is far below a frame's jitter.
    if len(steps) and np.ptp(steps) < 1e-6:
        start = {"starting_time": float(times[0]), "rate": float(1 / np.mean(steps))}
        return sampled | start
    return sampled | {"timestamps": _pack(times)}


def _pack(values: Any) -> Any:
    hdmf: Any = importlib.import_module("hdmf.backends.hdf5.h5_utils")
    return hdmf.H5DataIO(values, compression="gzip", compression_opts=1, shuffle=True)


def _add_trials(file: Any, trials: pd.DataFrame | None) -> None:
    if trials is None or trials.empty:
        return
    times = trials[[name for name in trials if str(name).endswith("_times")]]
    begin = trials.get("intervals_0", times.min(axis=1)).to_numpy(np.float64)
    end = trials.get("intervals_1", times.max(axis=1)).to_numpy(np.float64)
    for start, stop in zip(begin, end, strict=True):
        file.add_trial(start_time=float(start), stop_time=float(stop))
    for name in trials.columns.drop(["intervals_0", "intervals_1"], errors="ignore"):
        values = trials[name]
        if values.isna().all():
            continue
        is_number = pd.api.types.is_numeric_dtype(values.dtype)
        data = values.to_numpy() if is_number else [str(value) for value in values]
        words = "time of the event, s" if str(name).endswith("_times") else "as in ALF"
        file.add_trial_column(str(name), f"{name}: {words}.", data=[*data])


def _add_wheel(
    pynwb: Any, file: Any, wheel: tuple[FloatArray, FloatArray] | None
) -> None:
    if wheel is None or not len(wheel[0]):
        return
    series = pynwb.TimeSeries(
        name="wheel_position",
        description="Angle of the wheel, anticlockwise positive, not wrapped.",
        unit="rad",
        data=_pack(np.asarray(wheel[1], np.float64)),
        timestamps=_pack(np.asarray(wheel[0], np.float64)),
    )
    module = file.create_processing_module("behavior", "Movement of the subject.")
    module.add(pynwb.behavior.BehavioralTimeSeries(time_series=[series], name="wheel"))


def _add_responses(pynwb: Any, file: Any, responses: Mapping[str, Any]) -> None:
    if not responses:
        return
    module = file.processing.get("ophys") or file.create_processing_module(
        "ophys", "Processed photometry."
    )
    first = next(iter(responses.values()))
    times = np.asarray(first.coords["time"], np.float64)
    trials = np.asarray(first.coords["trial"], np.int64)
    for row, event in enumerate(np.asarray(first.coords["event"])):
        window = f"{times[0]:g} to {times[-1]:g} s, {len(times)} samples"
        columns = [
            pynwb.core.VectorData(
                name=region,
                description=f"Response in {region}, z.",
                data=np.asarray(array)[row],
            )
            for region, array in responses.items()
        ]
        number = pynwb.core.VectorData(
            name="trial", description="Row of the trials table.", data=trials
        )
        module.add(
            pynwb.core.DynamicTable(
                name=f"responses_{event}",
                description=f"Responses around {event}, {window}.",
                columns=[number, *columns],
            )
        )


def _take(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if not _is_nothing(given.get(name))}


def _is_nothing(value: Any) -> bool:
    if value is None or (isinstance(value, str | list) and not value):
        return True
    return isinstance(value, float) and np.isnan(value)
