"""Which run a command means, of those that go on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.core import RunError

if TYPE_CHECKING:
    from ranvier.links import RunFolder
    from ranvier.runtime import RunStatus, Screen


def choose_run(wanted: str | None) -> RunFolder:
    """Find the run that a person means.

    Parameters
    ----------
    wanted
        Identifier of the run or a part of it, name of its graph or its beginning, or
        its session folder; None for the only one. What a run is called exactly goes
        before what only begins or ends so.

    Returns
    -------
    RunFolder
        Of a run that goes on.

    Raises
    ------
    RunError
        If none or several fit.
    """
    runs = look_at_runs()
    fitting = [pair for pair in runs if wanted is None or _fits(pair[1], wanted)]
    exact = [pair for pair in fitting if wanted in (pair[1].run_id, pair[1].graph)]
    fitting = exact or fitting
    if len(fitting) == 1:
        return fitting[0][0]
    shown = "\n          ".join(
        f"{status.run_id} ({status.graph}, {status.state})"
        for _, status in fitting or runs
    )
    if not runs:
        raise RunError(
            "no run goes on.", code="RV-R50", mend="start one with `ranvier run`"
        )
    raise RunError(
        f'no run fits "{wanted}".' if not fitting else f"{len(fitting)} runs fit.",
        code="RV-R51",
        found=shown,
        mend="give the identifier of one of them, or its last letters; `note` and "
        "`param` take it after `--run`",
    )


def refuse_if_running(session: Path) -> None:
    """Make sure that nobody writes to a session folder any more.

    Parameters
    ----------
    session
        The folder.

    Raises
    ------
    RunError
        If its run goes on.
    """
    for folder, status in look_at_runs():
        if Path(status.session_folder).resolve() == session.resolve():
            raise RunError(
                "the run of this session goes on.",
                code="RV-R54",
                where=folder.run_id,
                mend="stop it first: `ranvier stop`",
            )


def look_at_runs() -> list[tuple[RunFolder, RunStatus]]:
    """Look once at all runs of this user that go on.

    Returns
    -------
    list of tuple
        Folder and status, the oldest first.
    """
    from ranvier.runtime import list_runs

    found: list[tuple[RunFolder, RunStatus]] = []
    for folder in list_runs():
        try:
            with join(folder) as screen:
                found.append((folder, screen.look()))
        except RunError:
            continue  # it ended meanwhile
    return found


def join(folder: RunFolder) -> Screen:
    """Join a run in the name of whoever runs this process.

    Returns
    -------
    Screen
        To be closed.
    """
    from ranvier.core import user_name
    from ranvier.runtime import Screen

    return Screen(folder, user_name())


def _fits(status: RunStatus, wanted: str) -> bool:
    folder = status.session_folder.rstrip("/\\")
    return (
        wanted in status.run_id
        or status.graph.startswith(wanted)
        or folder.endswith(wanted.rstrip("/\\"))
    )
