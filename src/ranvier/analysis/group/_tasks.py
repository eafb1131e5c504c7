"""A function done of one session, here or in another process."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.executors import PoolExecutor
from ranvier.analysis.faults import DataFault, exception_logger, make_log_entry
from ranvier.analysis.files import read_session_h5, replace_stage_errors
from ranvier.analysis.session import PhotometrySession
from ranvier.core import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters


@dataclass(frozen=True)
class SessionTask:
    """A function, and the session that it is done of; it can go to another process.

    Parameters
    ----------
    function
        Takes a session, and `words`.
    words
        What else it takes.
    row
        Of the catalogue.
    path
        The session's file; None has none.
    parameters
        What is set.
    one
        ONE-api: an instance here; `{"cache_dir": …, "mode": …}` in another process.
    """

    function: Callable[..., Any]
    words: dict[str, Any]
    row: dict[str, Any]
    path: Path | None
    parameters: AnalysisParameters
    one: Any = None


def open_task_session(task: SessionTask) -> PhotometrySession:
    """Open the session of a task: from its file, else from its row.

    Parameters
    ----------
    task
        It.

    Returns
    -------
    PhotometrySession

    Raises
    ------
    FileFault
        If its file is damaged.
    """
    one = _open_one(task.one)
    if task.path is not None and task.path.exists():
        parts = read_session_h5(task.path)
    else:
        parts = {}
    # The catalogue is put together last: what it says of a session goes first.
    said = {name: value for name, value in task.row.items() if value is not None}
    row = {**parts.get("metadata", {}), **said}
    session = PhotometrySession(
        row, one=one, parameters=task.parameters, filepath=task.path
    )
    session.take_parts(parts)
    return session


def do_task(task: SessionTask) -> tuple[Any, list[dict[str, Any]]]:
    """Do a function of a session; runs here or in a worker.

    Parameters
    ----------
    task
        It.

    Returns
    -------
    value
        What the function gave; None if it failed.
    entries
        Rows of `make_log_entry`: what it raised, or logged in the session.
    """
    log: list[dict[str, Any]] = []
    eid = str(task.row["eid"])
    try:
        session = open_task_session(task)
    except DataFault as fault:
        return None, [make_log_entry(eid, fault)]
    before = len(session.errors)
    value = exception_logger(task.function)(session, exlog=log, **task.words)
    entries = [*session.errors[before:], *log]
    return (None if log else value), entries


def do_in_pool(
    tasks: list[SessionTask], workers: int
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Do the tasks in processes; give what `do_task` gives of each, in their order."""
    done: dict[int, tuple[Any, list[dict[str, Any]]]] = {}
    for outcome in PoolExecutor(workers).map(do_task, tasks):
        eid, error = str(tasks[outcome.index].row["eid"]), outcome.error
        done[outcome.index] = (
            outcome.value if error is None else (None, [make_log_entry(eid, error)])
        )
    return [done[place] for place in range(len(tasks))]


def write_errors(
    task: SessionTask, stage: str, entries: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put errors into the file of a session; give what kept it from being written."""
    if task.path is None or not task.path.exists():
        return []
    try:
        old = read_session_h5(task.path, ["errors"]).get("errors", pd.DataFrame())
        log = replace_stage_errors(old, stage, entries)
        if len(log) or len(old):
            session = PhotometrySession(task.row, filepath=task.path)
            rows: list[Any] = log.to_dict("records")
            session.errors = rows
            session.save_h5(groups=["errors"])
    except (DataFault, AnalysisError) as fault:
        is_told = any(each["error_type"] == type(fault).__name__ for each in entries)
        return [] if is_told else [make_log_entry(str(task.row["eid"]), fault)]
    return []


def describe_one(one: Any) -> Any:
    """Say how to open ONE: a connection is not copied, each process opens its own."""
    if one is None:
        return None
    return {"cache_dir": str(one.cache_dir), "mode": one.mode}


def _open_one(one: Any) -> Any:
    if not isinstance(one, dict):
        return one
    api: Any = importlib.import_module("one.api")  # the extra `one`
    return api.ONE(**one)
