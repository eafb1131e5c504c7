"""One worker process: started, spoken to, noticed at once when it dies, ended.

The one place that knows how this system starts and ends processes. POSIX so far: the
control connection is an inherited socket pair, each worker leads a process group of
its own so that what a node started itself dies with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, Any

from ranvier.core import RanvierError
from ranvier.worker import FromWorker, WordReader, pack_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_REAP_S = 2.0
_LAST_WORDS_S = 0.2
# One numerical thread a node: several nodes with a pool each would fight for the cores.
_ONE_THREAD = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def one_thread_each() -> dict[str, str]:
    """Give the environment in which numerical libraries use one thread.

    Returns
    -------
    dict
        What the user has set himself goes before it.
    """
    return dict.fromkeys(_ONE_THREAD, "1")


class WorkerProcess:
    """A worker as its supervisor sees it.

    Parameters
    ----------
    name
        For its log.
    on_word
        Called with each word that it says.
    on_exit
        Called once with its exit code, negative for a signal.
    on_fault
        Called with what went wrong in hearing or answering it.
    """

    def __init__(
        self,
        name: str,
        on_word: Callable[[Any], None],
        on_exit: Callable[[int], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self.name = name
        self._on_word, self._on_exit, self._on_fault = on_word, on_exit, on_fault
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Process identifier, 0 before the start."""
        return self._process.pid if self._process else 0

    async def start(
        self, python: str, folder: Path, log: Path, counters: tuple[int, ...]
    ) -> None:
        """Start the process.

        Parameters
        ----------
        python
            Its interpreter.
        folder
            Its working folder: that of the graph file.
        log
            Where its standard output and error go.
        counters
            Descriptors that it inherits, to wake the others and be woken by.

        Raises
        ------
        OSError
            If the interpreter or the folder is not there.
        """
        ours, theirs = socket.socketpair()
        environment = {**one_thread_each(), **os.environ}
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as file:
                self._process = subprocess.Popen(  # noqa: ASYNC220 - takes 2 ms
                    [python, "-m", "ranvier.worker", str(theirs.fileno())],
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    pass_fds=(theirs.fileno(), *counters),
                    process_group=0,
                )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._task = asyncio.create_task(self._live(reader, self._process))

    def tell(self, word: Any) -> None:
        """Send a word; a worker that is gone does not hear it."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(pack_word(word))

    def kill(self) -> None:
        """End the process and all that it started, at once."""
        if self._process is not None and self._process.returncode is None:
            kill_group(self._process.pid)

    async def _live(
        self, reader: asyncio.StreamReader, process: subprocess.Popen[bytes]
    ) -> None:
        pid = process.pid
        listening = asyncio.create_task(self._listen(reader))
        exiting = asyncio.create_task(wait_for_exit(process))
        await asyncio.wait({listening, exiting}, return_when="FIRST_COMPLETED")
        if not exiting.done():
            # It closed its connection: then it has this long to end.
            await asyncio.wait({exiting}, timeout=_REAP_S)
            if not exiting.done():
                kill_group(pid)
        code = await exiting
        # What the node itself started must not outlive it; it may also hold the
        # connection open, and what was said before the death is still to be heard.
        kill_group(pid)
        await asyncio.wait({listening}, timeout=_LAST_WORDS_S)
        listening.cancel()
        if self._writer is not None:
            self._writer.close()
        self._guarded(self._on_exit, code)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        words: WordReader[Any] = WordReader(FromWorker)
        try:
            while data := await reader.read(65536):
                for word in words.feed(data):
                    self._guarded(self._on_word, word)
        except OSError:
            return
        except RanvierError as error:
            self._on_fault(error)

    def _guarded(self, act: Callable[[Any], None], argument: Any) -> None:
        # The supervisor's reaper: whatever goes wrong in answering one worker must
        # end the run in good order, never leave it hanging.
        try:
            act(argument)
        except Exception as error:  # noqa: BLE001 - told, and the run fails
            self._on_fault(error)


async def wait_for_exit(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process, which is noticed at once.

    Returns
    -------
    int
        Its exit code, negative for a signal.
    """
    code, loop = process.poll(), asyncio.get_running_loop()
    if code is not None:
        return code
    if not hasattr(os, "pidfd_open"):
        return await loop.run_in_executor(None, process.wait)
    await wait_for_handle(os.pidfd_open(process.pid))
    return process.wait()


async def wait_for_handle(handle: int) -> None:
    """Wait until a handle can be read: of a process, that it has ended; then close it.

    Parameters
    ----------
    handle
        Descriptor that the event loop can watch.
    """
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def kill_group(pid: int) -> None:
    """End a process group at once; nothing happens if there is none."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def make_counters(number: int) -> tuple[int, ...]:
    """Make the event counters by which the processes of a run wake one another.

    Returns
    -------
    tuple of int
        One for each process; empty where the system has none, and named pipes serve.
    """
    if not hasattr(os, "eventfd"):
        return ()
    made: list[int] = []
    try:
        made.extend(os.eventfd(0) for _ in range(number))
    except OSError:
        close_counters(tuple(made))
        return ()
    return tuple(made)


def close_counters(counters: tuple[int, ...]) -> None:
    """Close event counters."""
    for handle in counters:
        os.close(handle)


def describe_exit(code: int) -> str:
    """Give an exit code in words.

    Returns
    -------
    str
        The signal's name, or "exit code 3".
    """
    return name_signal(-code) if code < 0 else f"exit code {code}"


def split_exit(code: int) -> dict[str, Any]:
    """Give an exit code as fields of the audit trail.

    Returns
    -------
    dict
        exit_code and signal, of which one is None.
    """
    if code < 0:
        return {"exit_code": None, "signal": name_signal(-code)}
    return {"exit_code": code, "signal": None}


def name_signal(number: int) -> str:
    """Give the name of a signal, "signal 40" where it has none.

    Returns
    -------
    str
        For example "SIGKILL".
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
