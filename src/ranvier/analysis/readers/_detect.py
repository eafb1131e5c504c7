"""One call for every format: tells what a file is, and reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers._alf_files import parse_session_path
from ranvier.analysis.readers._csv import read_csv
from ranvier.analysis.readers._doric import is_doric_csv, read_doric
from ranvier.analysis.readers._mapping import Mapping, read_mapping
from ranvier.analysis.readers._neurophotometrics import (
    is_neurophotometrics,
    read_neurophotometrics,
)
from ranvier.analysis.readers._nwb import read_nwb
from ranvier.analysis.readers._ppd import read_ppd
from ranvier.analysis.readers._recording import read_recording
from ranvier.analysis.readers._tdt import read_tdt
from ranvier.core import AnalysisError, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    from ranvier.analysis.readers._raw import RawPhotometry

__all__ = ["FORMATS", "detect_format", "read_photometry"]

FORMATS = (
    "alf", "csv", "doric", "neurophotometrics", "nwb", "ppd", "recording", "tdt",
)  # fmt: skip
"""Names of all formats."""

_SUFFIXES = {
    ".ppd": "ppd", ".doric": "doric", ".nwb": "nwb", ".mcap": "recording",
}  # fmt: skip
_TABLES = {".csv", ".txt", ".tsv", ".pqt", ".parquet"}


def detect_format(path: str | Path) -> str:
    """Tell the format of a file or folder by its name, columns or content.

    Parameters
    ----------
    path
        File or folder.

    Returns
    -------
    str
        One of `FORMATS`; "csv" for a table that needs a mapping.

    Raises
    ------
    FileFault
        If it is not there, or a table can't be read.
    AnalysisError
        If it can't be told.
    """
    path = Path(path)
    if not path.exists():
        raise FileFault(
            "the file is not there.", session=str(path), mend="correct the path"
        )
    suffix = path.suffix.lower()
    found = _SUFFIXES.get(suffix, "")
    if path.is_dir():
        found = _detect_folder(path)
    elif suffix in _TABLES:
        found = _detect_table(path)
    elif suffix in {".h5", ".hdf5"}:
        found = _detect_hdf5(path)
    if not found:
        raise AnalysisError(
            f"what {path.name} is can't be told.", code="RV-A72", where=str(path),
            wanted="a session folder of ALF, a block of TDT, a recording, or one of "
            + ", ".join(sorted([*_SUFFIXES, *_TABLES])),
            mend=f"give its format: {', '.join(FORMATS)}",
        )  # fmt: skip
    return found


def _detect_folder(path: Path) -> str:
    if any(path.glob("*.[tT][sS][qQ]")):
        return "tdt"
    if any(path.rglob("*.mcap")):
        return "recording"
    try:
        parse_session_path(path)
    except FileFault:
        return ""
    return "alf"


def _detect_table(path: Path) -> str:
    columns = _read_header(path)
    if is_neurophotometrics(columns):
        return "neurophotometrics"
    is_text = path.suffix.lower() == ".csv"
    if is_text and (is_doric_csv(columns) or is_doric_csv(_read_header(path, 1))):
        return "doric"
    return "csv"


def _read_header(path: Path, skip_rows: int = 0) -> list[str]:
    try:
        if path.suffix.lower() in {".pqt", ".parquet"}:
            from pyarrow import parquet

            return [str(name) for name in parquet.read_schema(path).names]
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = [file.readline() for _ in range(skip_rows + 1)]
    except (OSError, ValueError) as error:
        raise FileFault(
            f"{path.name} can't be read: it is damaged, cut short, or no table.",
            session=str(path), found=str(error),
        ) from error  # fmt: skip
    return [name.strip().strip('"') for name in lines[-1].strip().split(",")]


def _detect_hdf5(path: Path) -> str:
    import h5py

    try:
        with h5py.File(path, "r") as content:
            if "nwb_version" in content.attrs:
                return "nwb"
            return "doric" if {"DataAcquisition", "Traces"} & set(content) else ""
    except OSError as error:
        raise FileFault(
            f"{path.name} can't be read: it is no HDF5, damaged or cut short.",
            session=str(path), found=str(error),
        ) from error  # fmt: skip


def read_photometry(
    path: str | Path,
    format: str = "auto",  # noqa: A002 - the word of the field
    mapping: Mapping | AnyMapping[str, Any] | str | Path | None = None,
) -> RawPhotometry:
    """Read the raw photometry of one file or folder, whatever its format.

    Parameters
    ----------
    path
        File or folder.
    format
        One of `FORMATS`, or "auto". A table with a mapping is read by that.
    mapping
        Which column or stream is which band: a mapping, a YAML file, or what it would
        hold. Tables ("csv") and recordings need one.

    Returns
    -------
    RawPhotometry

    Raises
    ------
    AnalysisError
        If the format can't be told or is not known, a mapping is missing or not
        right, or an extra is not installed.
    DataFault
        If what is there can't be read as that; names file and channel.
    """
    path = Path(path)
    if format not in {"auto", *FORMATS}:
        raise AnalysisError(
            f'there is no format "{format}".', code="RV-A73", where=str(path),
            wanted=", ".join(["auto", *FORMATS]),
            mend=suggest(format, FORMATS, "give one of the formats"),
        )  # fmt: skip
    chosen = None if mapping is None else read_mapping(mapping)
    if format == "auto":
        format = detect_format(path)  # noqa: A001
        if chosen is not None and format == "neurophotometrics":
            format = "csv"  # noqa: A001
    if format == "alf":
        return _read_alf(path)
    if format == "neurophotometrics":
        return read_neurophotometrics(path)
    if format in {"csv", "recording"}:
        return _read_mapped(path, format, chosen)
    readers = {"ppd": read_ppd, "doric": read_doric, "tdt": read_tdt, "nwb": read_nwb}
    return readers[format](path, chosen)


def _read_alf(path: Path) -> RawPhotometry:
    from ranvier.analysis.readers._alf import AlfSource

    return AlfSource(path).load_photometry()


def _read_mapped(path: Path, kind: str, mapping: Mapping | None) -> RawPhotometry:
    if mapping is None:
        columns = _read_header(path) if kind == "csv" and path.is_file() else []
        raise FileFault(
            f"{path.name} tells by itself neither times nor bands.", session=str(path),
            found=", ".join(columns[:40]), wanted="a mapping",
            mend="give a mapping file; see the how-to of the CSV reader",
        )  # fmt: skip
    return read_csv(path, mapping) if kind == "csv" else read_recording(path, mapping)
