"""Holds a session from start to end, and what can be done with it afterwards."""

from __future__ import annotations

from ranvier.session.conduct._ask import ask_missing
from ranvier.session.conduct._finalise import finalise
from ranvier.session.conduct._hooks import SessionHooks
from ranvier.session.conduct._list import list_sessions
from ranvier.session.conduct._repeat import repeat_step
from ranvier.session.conduct._request import SessionOutcome, SessionRequest
from ranvier.session.conduct._start import (
    check_session,
    read_parameters,
    start_session,
)

__all__ = [
    "SessionHooks",
    "SessionOutcome",
    "SessionRequest",
    "ask_missing",
    "check_session",
    "finalise",
    "list_sessions",
    "read_parameters",
    "repeat_step",
    "start_session",
]
