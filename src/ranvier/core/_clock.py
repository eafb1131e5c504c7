"""Time: integer nanoseconds of the host's monotonic clock; wall time once per run."""

from __future__ import annotations

import datetime as dt
import time
from typing import NamedTuple, Protocol


class Clock(Protocol):
    """Something that knows the time of this host."""

    def now_ns(self) -> int:
        """Give the host's monotonic time, ns since an arbitrary start (boot)."""
        ...


class SystemClock:
    """The host's monotonic clock; the same for all processes of one host."""

    def now_ns(self) -> int:
        """Give the host's monotonic time.

        Returns
        -------
        int
            ns since boot; comparable between processes of this host only.
        """
        return time.monotonic_ns()


class WallStart(NamedTuple):
    """One instant on both clocks: turns monotonic stamps into dates."""

    monotonic_ns: int
    wall: str

    @classmethod
    def now(cls) -> WallStart:
        """Read both clocks.

        Returns
        -------
        WallStart
            The monotonic time and the ISO 8601 local date with its UTC offset.
        """
        wall = dt.datetime.now(dt.timezone.utc).astimezone()
        return cls(time.monotonic_ns(), wall.isoformat(timespec="microseconds"))

    def date_at(self, monotonic_ns: int) -> dt.datetime:
        """Give the date of a monotonic stamp of the same host and boot.

        Returns
        -------
        dt.datetime
            Aware date in the offset that the run started in.
        """
        start = dt.datetime.fromisoformat(self.wall)
        passed_us = (monotonic_ns - self.monotonic_ns) / 1000
        return start + dt.timedelta(microseconds=passed_us)
