"""Visiting: the sessions of a group one by one, and a function done of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import (
    DataFault,
    GroupFault,
)
from ranvier.analysis.group._state import GroupState
from ranvier.analysis.group._tasks import (
    SessionTask,
    describe_one,
    do_in_pool,
    do_task,
    open_task_session,
    write_errors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from ranvier.analysis.session import PhotometrySession


# An hour of three regions is 2.6 MB of signal and 3 MB of responses in memory.
_N_CACHED = 64


class Visiting(GroupState):
    """The part of a group that gives its sessions."""

    def __len__(self) -> int:
        """Count the recordings."""
        return len(self.recordings)

    def __iter__(self) -> Iterator[tuple[pd.Series, PhotometrySession]]:
        """Give each recording with its session.

        Yields
        ------
        tuple
            Row of `recordings`, session. One whose file is damaged is left out, and
            its fault is in `errors`.
        """
        damaged: set[str] = set()
        for _, row in self.recordings.iterrows():
            eid = str(row["eid"])
            if eid in damaged:
                continue
            try:
                session = self.open_session(eid)
            except DataFault as fault:
                damaged.add(eid)
                self._log_once(eid, fault)
                continue
            yield row, session

    def __getitem__(self, place: int) -> tuple[pd.Series, PhotometrySession]:
        """Give one recording with its session.

        Parameters
        ----------
        place
            Number of the recording.

        Returns
        -------
        tuple
            Row of `recordings`, session.

        Raises
        ------
        IndexError
            If there are not so many.
        FileFault
            If the session's file is damaged.
        """
        if not -len(self) <= place < len(self):
            raise IndexError(f"recording {place} of {len(self)}")
        row = self.recordings.iloc[place]
        return row, self.open_session(str(row["eid"]))

    def open_session(self, eid: str) -> PhotometrySession:
        """Give a session; the same one as long as it is among the last 64 asked for.

        Parameters
        ----------
        eid
            Session of the group.

        Returns
        -------
        PhotometrySession
            With all that its file holds, or nothing loaded if it has no file.

        Raises
        ------
        FileFault
            If the file is damaged.
        GroupFault
            If the group has no such session.
        """
        found = self._opened.pop(eid, None)
        if found is None:
            found = open_task_session(self._make_task(eid, _give_nothing, {}))
        self._opened[eid] = found
        while len(self._opened) > _N_CACHED:
            self._opened.pop(next(iter(self._opened)))
        return found

    def process(
        self,
        fn: Callable[..., Any],
        workers: int = 1,
        stage: str = "",
        **words: Any,
    ) -> dict[str, Any]:
        """Do a function of each session; one that fails does not stop the others.

        Parameters
        ----------
        fn
            Takes a `PhotometrySession`, and `words`. With several workers it stands at
            the top of a module, and what it gives can be copied between processes.
        workers
            Processes; 1 is this one.
        stage
            Under which name its errors stand in the session's file; that of the
            function unless given. Errors of an earlier call of the stage go.
        **words
            What else it takes.

        Returns
        -------
        dict
            eid → what it gave; None if it failed. Faults are in `errors`.
        """
        eids = [str(eid) for eid in self.sessions["eid"]]
        name = stage or getattr(fn, "__name__", "process")
        tasks = [self._make_task(eid, fn, words) for eid in eids]
        if workers > 1:
            moved = [replace(task, one=describe_one(task.one)) for task in tasks]
            done = do_in_pool(moved, workers)
        else:
            done = [do_task(task) for task in tasks]
        results: dict[str, Any] = {}
        for task, (value, entries) in zip(tasks, done, strict=True):
            eid = str(task.row["eid"])
            results[eid] = value
            self._faults += [*entries, *write_errors(task, name, entries)]
            self._opened.pop(eid, None)
            self._store.kept.pop(eid, None)
        return results

    def _make_task(
        self, eid: str, fn: Callable[..., Any], words: dict[str, Any]
    ) -> SessionTask:
        rows = self._catalog[self._catalog["eid"] == eid]
        if not len(rows):
            raise GroupFault(
                "the group has no such session.",
                session=eid,
                mend="name one of `sessions`",
            )
        row = {str(name): value for name, value in rows.iloc[0].items()}
        row.pop("logged_errors", None)
        path = None if self.h5_dir is None else self.h5_dir / f"{eid}.h5"
        return SessionTask(fn, words, row, path, self.parameters, self.one)


def _give_nothing(session: PhotometrySession) -> None:
    del session
