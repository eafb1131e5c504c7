"""A session through ONE-api (extra `one`), local or remote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import MissingRawData
from ranvier.analysis.readers._alf import AlfSource
from ranvier.analysis.readers._extras import import_extra
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["OneSource", "fetch_extended_qc", "open_one", "query_sessions"]

_TRIALS = ("_ibl_trials.",)
_PHOTOMETRY = ("photometry.signal", "photometryROI.locations", "fpData.raw")
_WHEEL = ("_ibl_wheel.position", "_ibl_wheel.timestamps")
_ABOUT = ("_ibl_experiment.description", "_iblrig_taskSettings.raw")
_BLOCKS = ("LEN_BLOCKS", "POSITIONS", "BLOCK_PROBABILITY_SET")


class OneSource:
    """A session through ONE: what is missing on this machine is fetched when asked for.

    Parameters
    ----------
    one
        A connection, `ONE(mode="local")` or remote.
    eid
        The session.
    collection
        As of `AlfSource`.

    Raises
    ------
    MissingRawData
        If ONE does not know the session.
    """

    def __init__(self, one: Any, eid: str, *, collection: str | None = None) -> None:
        self._one = one
        self.eid = str(eid)
        path = one.eid2path(eid)
        if path is None:
            raise MissingRawData(
                "ONE does not know the session.", session=self.eid,
                mend="look at the eid; rebuild the tables of the cache with "
                "make_parquet_db",
            )  # fmt: skip
        Path(path).mkdir(parents=True, exist_ok=True)
        self._files = AlfSource(Path(path), collection=collection, eid=self.eid)

    def load_trials(self) -> pd.DataFrame:
        """Give the trials, as `AlfSource.load_trials`."""
        self._fetch(_TRIALS)
        return self._files.load_trials()

    def load_photometry(self, pre: float = -5.0, post: float = 5.0) -> RawPhotometry:
        """Give the photometry, as `AlfSource.load_photometry`."""
        self._fetch((*_TRIALS, *_PHOTOMETRY))
        return self._files.load_photometry(pre, post)

    def load_wheel(self) -> tuple[FloatArray, FloatArray]:
        """Give the wheel, as `AlfSource.load_wheel`."""
        self._fetch(_WHEEL)
        return self._files.load_wheel()

    def load_camera_times(self, camera: str = "left") -> FloatArray:
        """Give a camera's times, as `AlfSource.load_camera_times`."""
        self._fetch((f"_ibl_{camera}Camera.times",))
        return self._files.load_camera_times(camera)

    def list_datasets(self) -> list[str]:
        """Give the datasets that ONE lists, relative to the session, sorted."""
        return sorted(str(name) for name in self._one.list_datasets(self.eid))

    def read_metadata(self) -> dict[str, Any]:
        """Give what files say and, where there is a connection, what Alyx says.

        Returns
        -------
        dict
            As of `AlfSource.read_metadata`; with Alyx also strain, line, genotype,
            and users, lab, end_time and block_info of the session's record.
        """
        self._fetch(_ABOUT)
        found = {**self._files.read_metadata(), "datasets": self.list_datasets()}
        if _is_offline(self._one):
            return found
        session = self._one.alyx.rest("sessions", "read", id=self.eid)
        subjects = self._one.alyx.rest("subjects", "list", nickname=found["subject"])
        return {**found, **_read_record(session), **_read_subject(subjects)}

    def _fetch(self, names: tuple[str, ...]) -> None:
        wanted = [n for n in self.list_datasets() if any(name in n for name in names)]
        absent = [name for name in wanted if not (self._files.path / name).is_file()]
        if absent and not _is_offline(self._one):
            for name in absent:
                self._one.load_dataset(self.eid, name, download_only=True)
            self._files = AlfSource(
                self._files.path, collection=self._files.collection, eid=self.eid
            )


def open_one(
    mode: str = "remote", cache_dir: str | Path | None = None, **words: Any
) -> Any:
    """Open a connection of ONE.

    Parameters
    ----------
    mode
        "local" for what is in `cache_dir` only, or "remote".
    cache_dir
        Folder of the sessions; ONE's own if None.
    **words
        As of `one.api.ONE`.

    Returns
    -------
    one.api.One

    Raises
    ------
    AnalysisError
        If the extra `one` is not installed, or ONE can't be opened: in a batch,
        ONE that was never set up asks questions that nobody answers.
    """
    api = import_extra("one.api", "one")
    if cache_dir is not None:
        words["cache_dir"] = str(cache_dir)
    try:
        return api.ONE(mode=mode, **words)
    except Exception as error:
        raise AnalysisError(
            "ONE can't be opened.",
            code="RV-A76",
            where=str(cache_dir or "its own folder"),
            found=f"{type(error).__name__}: {error}",
            mend='run `python -c "from one.api import ONE; ONE.setup()"` once, or give '
            "mode: local and cache_dir",
        ) from error


def _is_offline(one: Any) -> bool:
    return bool(getattr(one, "offline", True))


def _read_record(session: dict[str, Any]) -> dict[str, Any]:
    fields = session.get("json") or {}
    found = {
        "users": list(session.get("users") or []),
        "lab": session.get("lab"),
        "end_time": session.get("end_time"),
        "start_time": session.get("start_time"),
        "task_protocol": session.get("task_protocol"),
        "projects": list(session.get("projects") or []),
        "block_info": {key: fields[key] for key in _BLOCKS if key in fields},
    }
    return {key: value for key, value in found.items() if value}


def _read_subject(subjects: list[dict[str, Any]]) -> dict[str, Any]:
    if len(subjects) != 1:
        return {}
    record = subjects[0]
    return {
        "strain": record.get("strain") or "",
        "line": record.get("line") or "",
        "genotype": list(record.get("genotype") or []),
        "sex": record.get("sex") or "",
    }


def fetch_extended_qc(one: Any, eid: str) -> dict[str, Any]:
    """Fetch the extended QC that Alyx has of a session.

    Parameters
    ----------
    one
        A connection that is not local.
    eid
        The session.

    Returns
    -------
    dict
        "qc_<check>" → outcome as "PASS", "FAIL", …; of a check with values, the
        first is the outcome and the others are "qc_<check>_1", ….

    Raises
    ------
    AnalysisError
        If there is no connection.
    """
    if _is_offline(one):
        raise AnalysisError(
            "extended QC is only on Alyx, and ONE works offline.", code="RV-A79",
            where=eid, mend='open ONE without mode="local", or leave the stage out',
        )  # fmt: skip
    record = one.alyx.rest("sessions", "read", id=eid).get("extended_qc") or {}
    found: dict[str, Any] = {}
    for key, value in record.items():
        name = "qc_" + str(key).removesuffix("_qc")
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if values:
            found[name] = _name_outcome(values[0])
            found.update({f"{name}_{k}": v for k, v in enumerate(values[1:], 1)})
    return found


def _name_outcome(value: Any) -> Any:
    if isinstance(value, bool):
        return "PASS" if value else "FAIL"
    names = {0: "NOT_SET", 10: "PASS", 30: "WARNING", 40: "FAIL", 50: "CRITICAL"}
    return names.get(value, value) if isinstance(value, int) else value


def query_sessions(one: Any, **terms: Any) -> pd.DataFrame:
    """List the sessions that ONE finds.

    Parameters
    ----------
    one
        A connection, local or remote.
    **terms
        As of `ONE.search`: project="ibl_fibrephotometry", subject="CQ002", ….

    Returns
    -------
    pandas.DataFrame
        eid, subject, start_time (ISO text of the date), number, lab, task_protocol,
        projects; sorted by subject, start and number.
    """
    eids, details = one.search(details=True, **terms)
    rows = [
        {
            "eid": str(eid),
            "subject": str(detail.get("subject", "")),
            "start_time": f"{detail.get('date', '')}T00:00:00",
            "number": int(detail.get("number", 1)),
            "lab": str(detail.get("lab", "")),
            "task_protocol": str(detail.get("task_protocol", "")),
            "projects": _as_list(detail.get("projects", "")),
        }
        for eid, detail in zip(eids, details, strict=True)
    ]
    columns = ["eid", "subject", "start_time", "number", "lab", "task_protocol"]
    table = pd.DataFrame(rows, columns=[*columns, "projects"])
    return table.sort_values(
        ["subject", "start_time", "number"], ignore_index=True, kind="stable"
    )


def _as_list(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else list(value or [])
    return [str(part).strip() for part in parts if str(part).strip()]
