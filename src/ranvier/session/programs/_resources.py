"""What the processes of a program use, and the computer around them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.core import free_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import psutil


class Usage(NamedTuple):
    """One look.

    Parameters
    ----------
    processes
        Of each: pid, name, rss_bytes, and from the second look at it on cpu_percent
        (100 is one core).
    system
        memory_percent, disk_free_bytes, and from the second look on cpu_percent (100
        is all cores).
    """

    processes: list[dict[str, Any]]
    system: dict[str, Any]

    @property
    def rss_bytes(self) -> int:
        """Resident memory of all the processes."""
        return sum(process["rss_bytes"] for process in self.processes)


class ResourceMeter:
    """Looks at processes again and again.

    Parameters
    ----------
    folder
        On the disk whose free space is told.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cpu_s: dict[tuple[int, float], float] = {}
        self._looked_s: float | None = None
        self._busy: tuple[float, float] | None = None

    def look(self, processes: Iterable[psutil.Process]) -> Usage:
        """Look at processes, and at the computer.

        Parameters
        ----------
        processes
            Those that are gone by now are left out.

        Returns
        -------
        Usage
            What can't be known is missing.
        """
        now_s = time.monotonic()
        passed_s = now_s - self._looked_s if self._looked_s is not None else 0.0
        cpu_s: dict[tuple[int, float], float] = {}
        rows = [self._look_at(process, cpu_s, passed_s) for process in processes]
        self._cpu_s, self._looked_s = cpu_s, now_s
        return Usage([row for row in rows if row], self._look_around())

    def _look_at(
        self,
        process: psutil.Process,
        cpu_s: dict[tuple[int, float], float],
        passed_s: float,
    ) -> dict[str, Any]:
        import psutil

        try:
            with process.oneshot():
                row: dict[str, Any] = {"pid": process.pid, "name": process.name()}
                row["rss_bytes"] = process.memory_info().rss
                times = process.cpu_times()
                key = (process.pid, process.create_time())
        except psutil.Error:
            return {}  # gone, or not ours to see
        cpu_s[key] = times.user + times.system
        if key in self._cpu_s and passed_s > 0:
            used = (cpu_s[key] - self._cpu_s[key]) / passed_s
            row["cpu_percent"] = round(100 * used, 1)
        return row

    def _look_around(self) -> dict[str, Any]:
        import psutil

        system: dict[str, Any] = {"memory_percent": psutil.virtual_memory().percent}
        times = psutil.cpu_times()
        busy = (sum(times) - times.idle, sum(times))
        if self._busy and busy[1] > self._busy[1]:
            share = (busy[0] - self._busy[0]) / (busy[1] - self._busy[1])
            system["cpu_percent"] = round(100 * min(1.0, max(0.0, share)), 1)
        self._busy = busy
        try:
            system["disk_free_bytes"] = free_bytes(self._folder)
        except OSError:
            return system  # the disk is gone: others say so
        return system
