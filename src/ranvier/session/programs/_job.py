"""A program in a job object: the tree of processes on Windows.

Not tested: no Windows machine was there when it was written (2026-11). The job ends all
its processes when its last handle is closed, which Windows does if the launcher dies;
what a program starts is in its job too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from ranvier.session.programs._events import Exited
from ranvier.session.programs._output import finish_reading, start_reading

if TYPE_CHECKING:
    import psutil

    from ranvier.session.programs._mailbox import Mailbox
    from ranvier.session.programs._tree import TreePlan

_ENDED_S = 15.0
_CREATE_SUSPENDED = 0x4
_CREATE_NEW_PROCESS_GROUP = 0x200
_CTRL_BREAK_EVENT = 1
_ALL_ACCESS = 0x1FFFFF
_KILL_ON_JOB_CLOSE = 0x2000
_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class JobTree:
    """Starts a program in a job object of its own.

    Parameters
    ----------
    plan
        What is to be started. It is asked to end by Ctrl-Break, whatever `stop_by`
        says: Windows has nothing else for a program without a window.
    mailbox
        Where its output and its end are put.

    Raises
    ------
    OSError
        If the program or its job can't be made.
    """

    def __init__(self, plan: TreePlan, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._job = _make_job()
        stdout, stdout_end = os.pipe()
        stderr, stderr_end = os.pipe()
        try:
            # It runs when it is in the job, so that nothing it starts is outside.
            self._program = subprocess.Popen(
                plan.command,
                stdin=subprocess.DEVNULL,
                stdout=stdout_end,
                stderr=stderr_end,
                cwd=plan.folder,
                env={**os.environ, **plan.environment},
                creationflags=_CREATE_NEW_PROCESS_GROUP | _CREATE_SUSPENDED,
            )
        except OSError:
            _close_handle(self._job)
            for end in (stdout, stderr):
                os.close(end)
            raise
        finally:
            os.close(stdout_end)
            os.close(stderr_end)
        pipes = (stdout, stderr)
        self._readers = start_reading(pipes, plan.logs, mailbox.put_output)
        _enter_job(self._job, self._program)
        self._waiting = threading.Thread(target=self._await_end, daemon=True)
        self._waiting.start()

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self._program.pid

    def list_processes(self) -> list[psutil.Process]:
        """List the program and what runs below it.

        Returns
        -------
        list of psutil.Process
            Without those whose parent is gone; the job has them all the same.
        """
        import psutil

        try:
            program = psutil.Process(self._program.pid)
            return [program, *program.children(recursive=True)]
        except psutil.Error:
            return []

    def stop(self) -> None:
        """Ask the program to end."""
        with contextlib.suppress(OSError):  # it is gone, or has no console
            os.kill(self._program.pid, _CTRL_BREAK_EVENT)

    def kill(self) -> None:
        """End all of it."""
        _load("kernel32").TerminateJobObject(ctypes.c_void_p(self._job), 1)

    def close(self) -> None:
        """End what is left of it, and wait until all of it is gone."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._program.wait(_ENDED_S)
        self._waiting.join(_ENDED_S)
        _close_handle(self._job)

    def _await_end(self) -> None:
        code = self._program.wait()
        left = tuple(process.name() for process in self.list_processes()[1:])
        self.kill()
        unkept = finish_reading(self._readers)
        self._mailbox.put(Exited(code, None, left, unkept=unkept))


def _load(library: str) -> Any:
    if sys.platform == "win32":
        return ctypes.WinDLL(library, use_last_error=True)
    raise OSError(f"{library} is a library of Windows")


def _make_job() -> int:
    kernel = _load("kernel32")
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    job = kernel.CreateJobObjectW(None, None)
    limits = _ExtendedLimits()
    limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
    is_set = job and kernel.SetInformationJobObject(
        ctypes.c_void_p(job),
        _EXTENDED_LIMITS,
        ctypes.byref(limits),
        ctypes.sizeof(limits),
    )
    if not is_set:
        raise OSError("no job object can be made")
    return int(job)


def _enter_job(job: int, program: subprocess.Popen[bytes]) -> None:
    kernel = _load("kernel32")
    kernel.OpenProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.OpenProcess(_ALL_ACCESS, 0, program.pid))
    is_in = kernel.AssignProcessToJobObject(ctypes.c_void_p(job), process)
    if is_in:
        # Popen keeps no handle of the thread, which ResumeThread would want.
        _load("ntdll").NtResumeProcess(process)
    kernel.CloseHandle(process)
    if not is_in:
        program.kill()
        program.wait()
        _close_handle(job)
        raise OSError("the program can't be put into its job object")


def _close_handle(handle: int) -> None:
    _load("kernel32").CloseHandle(ctypes.c_void_p(handle))
