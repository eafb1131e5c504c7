"""Notices the end of whoever started a run, for runs that shall not outlive him."""

from __future__ import annotations

import asyncio
import os


async def wait_for_starter(pid: int) -> None:
    """Wait for the end of the process that started this one.

    Parameters
    ----------
    pid
        Of the starter. If this process is not its child any more, it has ended.
    """
    if os.getppid() != pid:
        return
    loop = asyncio.get_running_loop()
    if not hasattr(os, "pidfd_open"):
        await loop.run_in_executor(None, _wait, pid)
        return
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone = asyncio.Event()
    loop.add_reader(handle, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _wait(pid: int) -> None:  # pragma: no cover - where there are no handles
    import psutil

    try:
        psutil.Process(pid).wait()
    except psutil.NoSuchProcess:
        return
