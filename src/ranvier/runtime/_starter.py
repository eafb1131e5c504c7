"""Notices the end of whoever started a run, for runs that shall not outlive him."""

from __future__ import annotations

import asyncio
import os

from ranvier.runtime._process import wait_for_handle


async def wait_for_starter(pid: int) -> None:
    """Wait for the end of the process that started this one.

    Parameters
    ----------
    pid
        Of the starter. If this process is not its child any more, it has ended.
    """
    if os.getppid() != pid:
        return
    if not hasattr(os, "pidfd_open"):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, _wait, pid)
        return
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    await wait_for_handle(handle)


def _wait(pid: int) -> None:  # pragma: no cover - where there are no handles
    import psutil

    try:
        psutil.Process(pid).wait()
    except psutil.NoSuchProcess:
        return
