"""The table of errors, and the logger that lets a batch go on past them."""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING, Any

from ranvier.core import RanvierError, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

LOG_COLUMNS = ("eid", "error_type", "error_message", "traceback")
"""Columns of a table of errors."""


def make_log_entry(
    eid: str,
    error: BaseException | None = None,
    error_type: str | None = None,
    error_message: str | None = None,
) -> dict[str, str | None]:
    """Make one row of a table of errors.

    Parameters
    ----------
    eid
        Session.
    error
        What was raised; its type, words and traceback are taken.
    error_type, error_message
        In place of `error`.

    Returns
    -------
    dict
        eid, error_type, error_message, traceback (None without `error`).

    Raises
    ------
    ValueError
        If neither an error nor a type is given.

    Examples
    --------
    >>> make_log_entry("s1", error_type="MissingLP", error_message="no pose.")
    {'eid': 's1', 'error_type': 'MissingLP', 'error_message': 'no pose.', \
'traceback': None}
    """
    if error is not None:
        told = error.problem if isinstance(error, RanvierError) else str(error)
        where = error.where if isinstance(error, RanvierError) else ""
        return {
            "eid": eid,
            "error_type": type(error).__name__,
            "error_message": to_text(told) + (f" ({where})" if where else ""),
            "traceback": "".join(traceback.format_exception(error)),
        }
    if error_type is None:
        raise ValueError("give an error, or the type of one")
    return {
        "eid": eid,
        "error_type": error_type,
        "error_message": error_message,
        "traceback": None,
    }


def exception_logger(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of one session log what it raises, so that a batch goes on.

    The function's first argument is the row of a session (a Series, or a DataFrame of
    several) or an object with an `eid`. Called without `exlog` it is as before. With a
    list, what it raises is appended there as a row of `make_log_entry`, and the row it
    was given comes back: the first one of several, or the error's `fallback_row`.

    Parameters
    ----------
    function
        Takes a row first.

    Returns
    -------
    Callable
        The same, with one argument more.

    Examples
    --------
    >>> from ranvier.analysis.faults import MissingRawData
    >>> @exception_logger
    ... def check(row):
    ...     raise MissingRawData("nothing there.")
    >>> log = []
    >>> check({"eid": "s1"}, exlog=log)
    {'eid': 's1'}
    >>> log[0]["error_type"]
    'MissingRawData'
    """

    @functools.wraps(function)
    def logged(
        row: Any, *args: Any, exlog: list[dict[str, Any]] | None = None, **words: Any
    ) -> Any:
        if exlog is None:
            return function(row, *args, **words)
        try:
            return function(row, *args, **words)
        except Exception as error:  # noqa: BLE001 - that is what the log is for
            first = row.iloc[0] if getattr(row, "ndim", 1) == 2 else row
            exlog.append(make_log_entry(_find_eid(first), error))
            fallback = getattr(error, "fallback_row", None)
            return first if fallback is None else fallback

    return logged


def _find_eid(row: Any) -> str:
    eid = getattr(row, "eid", None)
    return str(row["eid"] if eid is None else eid)
