"""A run as the one who started it, or who joins it, holds it in hand."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from ranvier.core import RunError, format_command, rebuild_error
from ranvier.links import RunFolder, remove_orphans
from ranvier.runtime._control import (
    Ask,
    Change,
    Done,
    Finished,
    Note,
    Refused,
    RunRequest,
    Shown,
    Started,
    Steer,
    ToScreen,
    ToStarter,
    Watch,
)
from ranvier.runtime._process import describe_exit
from ranvier.worker import WordReader, pack_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.runtime._status import RunStatus


class Screen:
    """A connection to a run: look at it, steer it. Closing it never touches the run.

    Parameters
    ----------
    folder
        Of the run.
    by
        Who steers, for the audit trail.

    Raises
    ------
    RunError
        If the run does not answer: it is over, or its supervisor was killed.
    """

    def __init__(self, folder: RunFolder, by: str) -> None:
        self._by = by
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._words: WordReader[Any] = WordReader(ToScreen)
        self._waiting: list[Any] = []
        self._run_id = folder.run_id
        self._finished: Finished | None = None
        try:
            self._socket.connect(str(folder.control))
        except OSError as error:
            self._socket.close()
            raise RunError(
                f"the run {folder.run_id} does not answer.",
                code="RV-R30",
                found=str(error),
                mend="`ranvier status` lists the runs that go on",
            ) from error

    def look(self) -> RunStatus:
        """Give the status now.

        Returns
        -------
        RunStatus
            Rates are since this screen's last look, at its first since the begin of
            the run.
        """
        return self._ask(Ask()).status

    def watch(self, interval_s: float = 0.25) -> Iterator[RunStatus]:
        """Give the status again and again, until the run is over.

        Parameters
        ----------
        interval_s
            Time between two, s.

        Yields
        ------
        RunStatus
            The newest.
        """
        with contextlib.suppress(OSError):  # it is over: `_next` has its last word
            self._socket.sendall(pack_word(Watch(interval_s)))
        while True:
            word = self._next()
            if word is None or isinstance(word, Finished):
                self._finished = word
                return
            if isinstance(word, Shown):
                yield word.status

    def wait(self) -> Finished:
        """Wait for the end of the run.

        Returns
        -------
        Finished
            Why it ended, and every error that someone must see.

        Raises
        ------
        RunError
            If the supervisor was killed.
        """
        for _ in self.watch():
            pass
        if self._finished is None:
            raise _died(self._run_id, "SESSION")
        return self._finished

    def pause(self) -> None:
        """Hold the sources; what is on the links is still worked off."""
        self._ask(Steer("pause", self._by))

    def resume(self) -> None:
        """Let the sources go on."""
        self._ask(Steer("resume", self._by))

    def stop(self, reason: str = "") -> None:
        """End the sources, let the rest work off what is there, end the run."""
        self._ask(Steer("stop", self._by, reason))

    def abort(self) -> None:
        """End the run at once; only the recorder is given time to close its file."""
        self._ask(Steer("abort", self._by))

    def set_parameter(self, node: str, name: str, value: Any) -> dict[str, Any]:
        """Change a live parameter and wait until it holds.

        Returns
        -------
        dict
            old, new, and the sequence number from which it holds.
        """
        return self._ask(Change(node, name, value, self._by)).result

    def note(self, text: str) -> None:
        """Write a line into the audit trail."""
        self._ask(Note(text, self._by))

    def close(self) -> None:
        """Leave the run as it is."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask(self, word: Any) -> Any:
        self._send(word)
        while True:
            answer = self._next()
            if isinstance(answer, Refused):
                raise rebuild_error(answer.error)
            if isinstance(answer, Done | Shown) and not (
                isinstance(answer, Shown) and not isinstance(word, Ask)
            ):
                return answer
            if answer is None or isinstance(answer, Finished):
                raise _is_over()

    def _send(self, word: Any) -> None:
        try:
            self._socket.sendall(pack_word(word))
        except OSError as error:
            raise _is_over() from error

    def _next(self) -> Any:
        while not self._waiting:
            try:
                data = self._socket.recv(1 << 18)
            except OSError:
                return None
            if not data:
                return None
            self._waiting.extend(self._words.feed(data))
        return self._waiting.pop(0)


class Run:
    """A run that was started here. It goes on if this object, or its process, dies.

    Parameters
    ----------
    process
        The supervisor.
    started
        What it said first.
    by
        Who steers.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], started: Started, by: str
    ) -> None:
        self._process, self._by = process, by
        self.run_id = started.run_id
        self.session_folder = Path(started.session_folder)
        self.folder = RunFolder.of(started.run_id)
        self.supervisor_pid = process.pid

    def open_screen(self) -> Screen:
        """Join the run.

        Returns
        -------
        Screen
            To look at it and to steer it.
        """
        return Screen(self.folder, self._by)

    def stop(self, reason: str = "") -> None:
        """End the run in good order."""
        with self.open_screen() as screen:
            screen.stop(reason)

    def close(self) -> None:
        """Let go of the supervisor; a run that goes on goes on."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._process.poll()

    def wait(self, timeout_s: float | None = None) -> Finished:
        """Wait for the end of the run.

        Parameters
        ----------
        timeout_s
            Longest wait, s; None is as long as it takes.

        Returns
        -------
        Finished
            Why it ended, and every error that someone must see.

        Raises
        ------
        RunError
            If the supervisor was killed.
        TimeoutError
            If the run still goes on after `timeout_s`.
        """
        try:
            text, _ = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.run_id} still goes on") from None
        for line in reversed(text.splitlines()):
            word = _read_line(line)
            if isinstance(word, Finished):
                return word
        session = str(self.session_folder)
        raise _died(session, session, describe_exit(self._process.returncode))


def start_run(request: RunRequest) -> Run:
    """Start a run in a process of its own.

    Parameters
    ----------
    request
        Which graph, where to, and what differs from the file.

    Returns
    -------
    Run
        Starting; it need not be running yet.

    Raises
    ------
    RunError
        If the supervisor can't be started.
    GraphError
        If the graph can't be read.
    """
    # A file, not a pipe: nobody reads it while the run goes on.
    words = tempfile.TemporaryFile()  # noqa: SIM115 - the supervisor writes to it
    process = subprocess.Popen(
        [sys.executable, "-m", "ranvier.runtime"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        # A terminal that is closed, or its Ctrl-C, must not reach the run.
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - PIPE was asked for
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(msgspec.json.encode(request) + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    word = _read_line(line)
    if isinstance(word, Started):
        words.close()
        return Run(process, word, request.by)
    process.communicate()
    words.seek(0)
    said = words.read().decode(errors="replace").strip()[-2000:]
    words.close()
    if isinstance(word, Finished) and word.errors:
        raise rebuild_error(word.errors[0])
    raise RunError(
        "the supervisor can't be started.",
        code="RV-R32",
        found=": ".join(filter(None, (describe_exit(process.returncode), said))),
        mend="see the message; it is a fault of ranvier if it says nothing to you",
    )


def list_runs() -> list[RunFolder]:
    """Give the runs of this user that go on, the oldest first.

    Returns
    -------
    list of RunFolder
        Those whose supervisor answers.
    """
    return [folder for folder in RunFolder.iter_all() if _answers(folder)]


def sweep_runs() -> list[str]:
    """Remove what killed runs left behind.

    Returns
    -------
    list of str
        Identifiers of the runs swept, and prefixes of shared memory whose run had no
        folder any more.
    """
    folders = list(RunFolder.iter_all())
    dead = [folder for folder in folders if not _answers(folder)]
    for folder in dead:
        folder.sweep()
    orphans = remove_orphans({folder.prefix for folder in folders})
    return [*(folder.run_id for folder in dead), *orphans]


def _answers(folder: RunFolder) -> bool:
    try:
        Screen(folder, "").close()
    except RunError:
        return False
    return True


def _read_line(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line, type=ToStarter)
    except msgspec.DecodeError:
        return None


def _died(where: str, session: str, found: str = "") -> RunError:
    return RunError(
        "the supervisor died before the run was over.",
        code="RV-R31",
        where=where,
        found=found,
        mend=f"`{format_command('ranvier', 'recover', session)}` closes the recording",
    )


def _is_over() -> RunError:
    return RunError(
        "the run is over.", code="RV-R33", mend="start it again with `ranvier run`"
    )
