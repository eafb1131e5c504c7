"""What is known of one session, and the data that were loaded of it so far."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import (
    MetadataFault,
    MissingExtractedData,
    make_log_entry,
)
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.readers import find_hemispheres

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers import RawPhotometry, SessionSource

NEEDED = ("eid", "subject", "start_time")
PARALLEL = ("brain_region", "hemisphere", "target_NM")
_LISTS = (*PARALLEL, "genotype", "projects", "users", "datasets")


class SessionState:
    """The data of one session; they start empty and are filled by explicit calls.

    Parameters
    ----------
    row
        Of the catalogue: eid, subject, start_time (ISO 8601), and what else is known.
    source
        Where its data lie; None: only what was written before can be read.
    parameters
        What is set; None: the defaults.
    filepath
        The session's HDF5; None: `data/sessions/{eid}.h5` below the working folder.

    Attributes
    ----------
    metadata : dict
        What is known of it, by the names of the catalogue.
    trials : pandas.DataFrame
        One row a trial; times in s on the session's clock.
    photometry : dict of pandas.DataFrame
        Band → frame; index `times`, s; columns are brain regions.
    responses : dict of xarray.DataArray
        Region → dims (event, trial, time).
    qc : pandas.DataFrame
        One row for each (brain_region, band).
    wheel_velocity : numpy.ndarray or None
        Shape (n_trials, n_longest), rad/s, NaN-padded.
    errors : list of dict
        Rows of `make_log_entry`.

    Raises
    ------
    MetadataFault
        If eid, subject or start_time are missing, or lists of fibres differ in length.
    HemisphereMismatch
        If the name of a region ends in another hemisphere than its own.
    """

    def __init__(
        self,
        row: Mapping[str, Any] | pd.Series,
        source: SessionSource | None = None,
        *,
        parameters: AnalysisParameters | None = None,
        filepath: Path | None = None,
    ) -> None:
        self.metadata = take_metadata(dict(row))
        self.source = source
        self.parameters = parameters or AnalysisParameters()
        self.filepath = filepath or Path("data", "sessions", f"{self.eid}.h5")
        self.trials = pd.DataFrame()
        self.photometry: dict[str, pd.DataFrame] = {}
        self.raw: RawPhotometry | None = None
        self.responses: dict[str, Any] = {}
        self.qc = pd.DataFrame()
        self.wheel: tuple[FloatArray, FloatArray] | None = None
        self.wheel_velocity: NDArray[np.float32] | None = None
        self.errors: list[dict[str, Any]] = []
        self.notes: list[str] = []

    @property
    def eid(self) -> str:
        """Identifier of the session."""
        return str(self.metadata["eid"])

    @property
    def subject(self) -> str:
        """Name of the subject."""
        return str(self.metadata["subject"])

    @property
    def start_time(self) -> str:
        """Start, ISO 8601."""
        return str(self.metadata["start_time"])

    @property
    def session_type(self) -> str:
        """Type of the session: training, biased, ephys, …; "" if not known."""
        return str(self.metadata.get("session_type") or "")

    @property
    def NM(self) -> str:  # noqa: N802 - the name of the column
        """Neuromodulator: DA, 5HT, NE, ACh; "" if not known."""
        return str(self.metadata.get("NM") or "")

    @property
    def brain_region(self) -> list[str]:
        """Region of each fibre."""
        return self.metadata["brain_region"]

    @property
    def hemisphere(self) -> list[str]:
        """Hemisphere of each fibre, "l", "r" or ""."""
        return self.metadata["hemisphere"]

    @property
    def target_NM(self) -> list[str]:  # noqa: N802 - the name of the column
        """Target of each fibre: "VTA-DA"."""
        return self.metadata["target_NM"]

    @property
    def date(self) -> str:
        """Day of the start, ISO 8601."""
        return datetime.fromisoformat(self.start_time).date().isoformat()

    def to_dict(self) -> dict[str, Any]:
        """Give what is known of the session, as plain values.

        Returns
        -------
        dict
            A copy of `metadata`.
        """
        return dict(self.metadata)

    def to_series(self) -> pd.Series:
        """Give what is known of the session, as a row of the catalogue.

        Returns
        -------
        pandas.Series
        """
        return pd.Series(self.metadata, dtype=object)

    def log_error(self, error: BaseException) -> None:
        """Add an error to those of the session.

        Parameters
        ----------
        error
            What was raised.
        """
        self.errors.append(make_log_entry(self.eid, error))

    def get_band(self, name: str, mend: str) -> pd.DataFrame:
        """Give a band of the photometry.

        Parameters
        ----------
        name
            "GCaMP".
        mend
            What to do if it is not there.

        Returns
        -------
        pandas.DataFrame
            As of `photometry`.

        Raises
        ------
        MissingExtractedData
            If it is not there.
        """
        if name not in self.photometry:
            raise MissingExtractedData(
                f'there is no band "{name}".',
                session=self.eid,
                found=", ".join(self.photometry) or "no band",
                mend=mend,
            )
        return self.photometry[name]

    def __str__(self) -> str:
        regions = ", ".join(self.brain_region) or "no region"
        return f"{self.subject} {self.date} ({regions}) {self.eid}"


def take_metadata(row: dict[str, Any]) -> dict[str, Any]:
    """Take the row of a catalogue: lists as lists, nothing as None.

    Parameters
    ----------
    row
        As it stands in a table: a list may be an array, a single value, or missing.

    Returns
    -------
    dict
        With `brain_region`, `hemisphere` and `target_NM` of one length; an empty
        hemisphere is what the name of its region ends in.

    Raises
    ------
    MetadataFault
        If eid, subject or start_time are missing, or these lists differ in length.
    HemisphereMismatch
        If the name of a region ends in another hemisphere than its own.
    """
    found = {
        str(name): to_list(value) if name in _LISTS else _to_scalar(value)
        for name, value in row.items()
    }
    missing = [name for name in NEEDED if found.get(name) in (None, "")]
    if missing:
        raise MetadataFault(
            f"a session lacks {', '.join(missing)}.",
            session=str(found.get("eid") or ""),
            found=", ".join(found) or "nothing",
            mend="add what is missing to the row of the session",
        )
    _check_start(found)
    for name in PARALLEL:
        found.setdefault(name, [])
    regions = len(found["brain_region"])
    for name in PARALLEL[1:]:
        found[name] = found[name] or [""] * regions
    lengths = {name: len(found[name]) for name in PARALLEL}
    if len(set(lengths.values())) > 1:
        raise MetadataFault(
            "the lists of fibres differ in length.",
            session=str(found["eid"]),
            found=", ".join(f"{name} {n}" for name, n in lengths.items()),
            wanted="one entry for each fibre in each of them",
        )
    found["hemisphere"] = find_hemispheres(
        found["brain_region"], found["hemisphere"], str(found["eid"])
    )
    return found


def to_list(value: Any) -> list[Any]:
    """Give a cell of a table as a list: a single value is a list of one.

    Returns
    -------
    list

    Examples
    --------
    >>> to_list("VTA"), to_list(None), to_list(("a", "b"))
    (['VTA'], [], ['a', 'b'])
    """
    if isinstance(value, str):
        return [value] if value else []
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple, set)):
        return [*value]
    return [] if _to_scalar(value) is None else [value]


def _to_scalar(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, (list, tuple, dict, set)):
        return plain
    return None if plain is None or pd.isna(plain) else plain


def _check_start(found: dict[str, Any]) -> None:
    try:
        start = datetime.fromisoformat(str(found["start_time"]))
    except ValueError:
        raise MetadataFault(
            "the start of the session is no time.",
            session=str(found["eid"]),
            found=str(found["start_time"]),
            wanted="ISO 8601, as 2024-11-05T14:03:22",
        ) from None
    found["start_time"] = start.isoformat()
