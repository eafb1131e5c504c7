"""What Alyx and ONE know of a session.

A function takes the row of a session and a connection, the default one unless given; it
raises its own exception, or logs it if it is given a list as `exlog`. The default
connection is ONE's own, or a local one of the folder that the environment variable
IBLNM_ONE_CACHE names.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import (
    MetadataFault,
    MissingBlockInfo,
    MissingBrainRegion,
    exception_logger,
)
from ranvier.analysis.files import traj2coord
from ranvier.analysis.readers import OneSource, fetch_extended_qc, open_one
from ranvier.core import AnalysisError
from ranvier.iblnm.config import make_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ranvier.analysis.arrays import FloatArray

_CACHE = "IBLNM_ONE_CACHE"


def _get_default_connection() -> Any:
    """Give the connection that is used where none is given; it is opened once."""
    return _open_default(os.environ.get(_CACHE, ""))


@cache
def _open_default(folder: str) -> Any:
    if folder:
        return open_one("local", folder)
    if not _is_set_up():
        raise AnalysisError(
            "ONE was never set up on this computer.",
            code="RV-A26",
            found="no settings of ONE",
            wanted="an address to ask, or a folder of sessions",
            mend=f"set {_CACHE} to a folder of sessions, or run once "
            '`python -c "from one.api import ONE; ONE.setup()"`',
        )
    return open_one()


def _is_set_up() -> bool:
    # Without settings ONE() asks for them, and a batch waits for ever or dies.
    try:
        settings: Any = import_module("one.params")
    except ModuleNotFoundError:
        return True  # open_one says what is missing
    return bool(settings.get_default_client(include_schema=False))


@exception_logger
def get_subject_info(session: Any, one: Any = None) -> Any:
    """Ask Alyx for strain, line and genotype of the subject.

    Parameters
    ----------
    session
        Its row.
    one
        A connection that is not local.

    Returns
    -------
    Series or dict
        A copy with strain, line, genotype, and NM as strain or line tell it.

    Raises
    ------
    AnalysisError
        If there is no connection.
    MetadataFault
        If Alyx knows no such subject, or several.
    """
    name = session["subject"]
    records = _ask(one, "subjects", "list", nickname=name)
    if len(records) != 1:
        raise MetadataFault(
            f"Alyx does not know which subject {name} is.",
            session=str(session["eid"]),
            found=f"{len(records)} subjects of that name",
            wanted="one",
        )
    fields = {key: records[0].get(key) for key in ("strain", "line", "genotype")}
    names = make_parameters().vocabulary
    nm = names.strain_nm.get(str(fields["strain"]))
    return _with(session, **fields, NM=nm or names.line_nm.get(str(fields["line"])))


@exception_logger
def get_session_dict(session: Any, one: Any = None) -> Any:
    """Ask Alyx for users, laboratory, end and datasets of a session.

    Parameters
    ----------
    session
        Its row.
    one
        A connection that is not local.

    Returns
    -------
    Series or dict
        A copy with users, lab, end_time and _datasets_from_session_dict.

    Raises
    ------
    AnalysisError
        If there is no connection.
    """
    record = _ask(one, "sessions", "read", id=session["eid"])
    listed = record.get("data_dataset_session_related") or []
    return _with(
        session,
        users=list(record.get("users") or []),
        lab=record.get("lab"),
        end_time=record.get("end_time"),
        _datasets_from_session_dict=[str(each["name"]) for each in listed],
    )


@exception_logger
def get_brain_region(session: Any, one: Any = None) -> Any:
    """Find the regions of the fibres, in the experiment's description or the locations.

    Parameters
    ----------
    session
        Its row.
    one
        A connection, local or not.

    Returns
    -------
    Series or dict
        A copy with brain_region and hemisphere ("l", "r" or "", by the region's name).

    Raises
    ------
    MissingBrainRegion
        If neither says any.
    """
    found = _open_source(session, one).read_metadata()
    if not found["brain_region"]:
        raise MissingBrainRegion(session=str(session["eid"]))
    return _with(
        session, brain_region=found["brain_region"], hemisphere=found["hemisphere"]
    )


@exception_logger
def get_datasets(session: Any, one: Any = None) -> Any:
    """List the datasets of a session.

    Parameters
    ----------
    session
        Its row.
    one
        A connection, local or not.

    Returns
    -------
    Series or dict
        A copy with datasets.
    """
    return _with(session, datasets=_open_source(session, one).list_datasets())


@exception_logger
def get_extended_qc(session: Any, one: Any = None) -> Any:
    """Ask Alyx for the extended QC of a session.

    Parameters
    ----------
    session
        Its row.
    one
        A connection that is not local.

    Returns
    -------
    Series or dict
        A copy with qc_<check>, as "PASS".

    Raises
    ------
    AnalysisError
        If there is no connection.
    """
    return _with(session, **fetch_extended_qc(_connect(one), str(session["eid"])))


@exception_logger
def get_block_info(session: Any, one: Any = None) -> dict[str, Any]:
    """Give the planned blocks of a session.

    Parameters
    ----------
    session
        Its row, or its eid.
    one
        A connection, local or not.

    Returns
    -------
    dict
        LEN_BLOCKS, POSITIONS, BLOCK_PROBABILITY_SET, as far as they are known.

    Raises
    ------
    MissingBlockInfo
        If none is known.
    """
    row = {"eid": session} if isinstance(session, str) else session
    found = _open_source(row, one).read_metadata().get("block_info")
    if not found:
        raise MissingBlockInfo(session=str(row["eid"]))
    return dict(found)


@exception_logger
def get_fiber_coordinates(
    session: Any,
    all_trajectories: Sequence[dict[str, Any]] | None = None,
    one: Any = None,
) -> pd.DataFrame:
    """Ask Alyx where the tips of a subject's fibres are.

    Parameters
    ----------
    session
        Its row.
    all_trajectories
        Trajectories that were fetched before; asked for unless given.
    one
        A connection that is not local.

    Returns
    -------
    pandas.DataFrame
        One row a trajectory: fiber, provenance, and x_um, y_um, z_um of the tip, IBL
        coordinates.

    Raises
    ------
    AnalysisError
        If there is no connection.
    """
    rows: list[dict[str, Any]] = []
    for fiber in _ask(one, "chronic-insertions", "list", subject=session["subject"]):
        if all_trajectories is None:
            paths = _ask(one, "trajectories", "list", chronic_insertion=fiber["id"])
        else:
            paths = [
                path
                for path in all_trajectories
                if path.get("chronic_insertion") == fiber["id"]
            ]
        for path in paths:
            tip = dict(zip(("x_um", "y_um", "z_um"), _find_tip(path), strict=True))
            about = {"fiber": fiber["name"], "provenance": path.get("provenance")}
            rows.append(about | tip)
    return pd.DataFrame(rows, columns=["fiber", "provenance", "x_um", "y_um", "z_um"])


def _find_tip(path: dict[str, Any]) -> FloatArray:
    return traj2coord(
        *(float(path[name]) for name in ("x", "y", "z", "depth", "theta", "phi"))
    )


def _connect(one: Any) -> Any:
    return _get_default_connection() if one is None else one


def _ask(one: Any, endpoint: str, action: str, **terms: Any) -> Any:
    connection = _connect(one)
    if getattr(connection, "offline", True):
        raise AnalysisError(
            "only Alyx knows this, and ONE works offline.",
            code="RV-A27",
            where=endpoint,
            found=", ".join(f"{name} {value}" for name, value in terms.items()),
            mend="open ONE without mode='local', or give a study's table of subjects",
        )
    return connection.alyx.rest(endpoint, action, **terms)


def _open_source(session: Any, one: Any) -> OneSource:
    return OneSource(_connect(one), str(session["eid"]))


def _with(session: Any, **fields: Any) -> Any:
    if isinstance(session, pd.Series):
        # A row of text alone has pandas' text type, which takes no lists.
        joined = {**session.to_dict(), **fields}
        return pd.Series(joined, dtype=object, name=session.name)
    return {**session, **fields}


__all__ = [
    "get_block_info",
    "get_brain_region",
    "get_datasets",
    "get_extended_qc",
    "get_fiber_coordinates",
    "get_session_dict",
    "get_subject_info",
]
