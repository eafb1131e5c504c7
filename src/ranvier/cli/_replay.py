"""`ranvier replay`: a recording through its graph again, or node by node compared."""

from __future__ import annotations

from pathlib import Path

from ranvier.cli._print import FAILED


def replay_session(session: Path, pace: str) -> int:
    return FAILED


def check_session(session: Path, node: str | None) -> int:
    return FAILED
