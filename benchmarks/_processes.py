"""CPU time and memory of the processes of a run, as the system counts them."""

from __future__ import annotations

from typing import NamedTuple

import psutil


class Usage(NamedTuple):
    """What processes have used.

    Parameters
    ----------
    cpu_s
        Time of a core by process, s.
    private_mb
        Resident less shared memory by process, MB.
    """

    cpu_s: dict[int, float]
    private_mb: dict[int, float]

    def since(self, before: Usage) -> dict[int, float]:
        """Give the time of a core used since, by process, s."""
        return {pid: s - before.cpu_s.get(pid, 0.0) for pid, s in self.cpu_s.items()}


def look_at_tree(pid: int) -> Usage:
    """Look at a process and all that descends from it, those that are still there."""
    cpu_s: dict[int, float] = {}
    private_mb: dict[int, float] = {}
    try:
        top = psutil.Process(pid)
        processes = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return Usage(cpu_s, private_mb)
    for process in processes:
        try:
            times, memory = process.cpu_times(), process.memory_info()
        except psutil.NoSuchProcess:
            continue
        cpu_s[process.pid] = times.user + times.system
        private_mb[process.pid] = (memory.rss - getattr(memory, "shared", 0)) / 1e6
    return Usage(cpu_s, private_mb)
