"""A copy in memory, at the pace of frames: the floor of copying in."""

from __future__ import annotations

import mmap
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._pairs import run_processes, sleep_until

_SLOTS = 8


def copy_all(frame: np.ndarray, rate_hz: float, count: int, path: str) -> None:
    """Copy an array into shared memory at a pace; the main of a process."""
    memory = mmap.mmap(-1, frame.nbytes * _SLOTS)
    slots = np.frombuffer(memory, np.uint8).reshape(_SLOTS, -1)
    flat = frame.reshape(-1).view(np.uint8)
    times = np.zeros((count, 2), np.int64)
    start = time.monotonic_ns()
    for number in range(count):
        sleep_until(start + int(number * 1e9 / rate_hz))
        began = time.monotonic_ns()
        slots[number % _SLOTS][...] = flat
        now = time.monotonic_ns()
        times[number] = now, now - began
    np.save(path, times)


def measure_copy(frame: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
    """Copy an array into shared memory, at a pace, in a process of its own.

    Returns
    -------
    ndarray
        End and duration of each copy, shape (count, 2), ns.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="ranvier-bench-") as folder:
        path = str(Path(folder) / "times.npy")
        run_processes(context, [(copy_all, (frame, rate_hz, count, path))])
        return np.load(path)
