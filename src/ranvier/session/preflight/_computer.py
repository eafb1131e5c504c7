"""Whether this computer can take a session: space, memory, a folder, its clock."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.core import SystemClock, WallStart, free_bytes
from ranvier.session.faults import Finding, Severity
from ranvier.session.preflight._checks import passed

if TYPE_CHECKING:
    from ranvier.core import Clock

GIB = 1024**3
_EARLIEST = 2024
# Clocks that a time server steers drift by less in a session; a step is more.
_STEP_S = 2.0


@dataclass(frozen=True)
class DiskSpace:
    """Whether there is space for the data.

    Parameters
    ----------
    folder
        Where sessions go; it need not be there yet.
    needed_gib
        GiB that must be free.
    """

    folder: Path
    needed_gib: float
    name: str = "disk space"

    def run(self) -> tuple[Finding, ...]:
        """Look how much is free on the disk of the folder.

        Returns
        -------
        tuple of Finding
            One.
        """
        place = find_existing(self.folder)
        free = free_bytes(place) / GIB
        if free >= self.needed_gib:
            return passed(self.name, f"{free:.1f} GiB are free at {place}")
        return (
            _unfit(
                self.name,
                problem="the disk has too little space for a session.",
                where=str(place),
                found=f"{free:.1f} GiB free",
                wanted=f"{self.needed_gib:g} GiB",
                mend="archive and remove older sessions, or give another output folder",
            ),
        )


@dataclass(frozen=True)
class FolderWritable:
    """Whether the session's files can be made.

    Parameters
    ----------
    folder
        Where sessions go; if it is not there yet, the nearest one above it is tried.
    """

    folder: Path
    name: str = "output folder"

    def run(self) -> tuple[Finding, ...]:
        """Make a file there and remove it.

        Returns
        -------
        tuple of Finding
            One.
        """
        place = find_existing(self.folder)
        try:
            handle, path = tempfile.mkstemp(prefix=".ranvier-check-", dir=place)
            os.close(handle)
            Path(path).unlink()
        except OSError as error:
            return (
                _unfit(
                    self.name,
                    problem=f"no file can be made in the {self.name}.",
                    where=str(place),
                    found=str(error),
                    mend="give a folder that you may write to",
                ),
            )
        return passed(self.name, f"{place} can be written")


@dataclass(frozen=True)
class FreeMemory:
    """Whether there is memory for the programs.

    Parameters
    ----------
    needed_gib
        GiB that must be free.
    """

    needed_gib: float
    name: str = "memory"

    def run(self) -> tuple[Finding, ...]:
        """Ask the system what it could give.

        Returns
        -------
        tuple of Finding
            One.
        """
        import psutil  # needed only here

        free = psutil.virtual_memory().available / GIB
        if free >= self.needed_gib:
            return passed(self.name, f"{free:.1f} GiB of memory are free")
        return (
            _unfit(
                self.name,
                problem="there is too little memory.",
                found=f"{free:.1f} GiB free",
                wanted=f"{self.needed_gib:g} GiB",
                mend="close other programs",
            ),
        )


@dataclass(frozen=True)
class ClockSane:
    """Whether this computer's dates can be right.

    Parameters
    ----------
    start
        Both clocks as they were some time ago: that one was set since shows.
    clock
        The monotonic clock.
    """

    start: WallStart
    clock: Clock | None = None
    name: str = "clock"

    def run(self) -> tuple[Finding, ...]:
        """Read both clocks again.

        Returns
        -------
        tuple of Finding
            One.
        """
        now = dt.datetime.now(dt.UTC).astimezone()
        expected = self.start.date_at((self.clock or SystemClock()).now_ns())
        return self.judge(now, expected)

    def judge(self, now: dt.datetime, expected: dt.datetime) -> tuple[Finding, ...]:
        """Compare the date with what it should be.

        Parameters
        ----------
        now
            What the computer says.
        expected
            What it should say by the monotonic clock.

        Returns
        -------
        tuple of Finding
            One.
        """
        step_s = (now - expected).total_seconds()
        if now.year < _EARLIEST:
            problem, severity = "the computer's date can't be right.", Severity.ERROR
        elif abs(step_s) > _STEP_S:
            problem = f"the computer's clock was set by {step_s:+.1f} s just now."
            severity = Severity.WARNING
        else:
            return passed(self.name, f"it is {now.isoformat(timespec='seconds')}")
        return (
            _unfit(
                self.name,
                problem=problem,
                severity=severity,
                found=now.isoformat(timespec="seconds"),
                mend="set the computer's clock, best by a time server, and begin anew",
            ),
        )


def find_existing(folder: Path) -> Path:
    """Give the nearest folder that is there: itself, or one above it.

    Returns
    -------
    Path
        Absolute.
    """
    path = folder.expanduser().absolute()
    return next(each for each in (path, *path.parents) if each.exists())


def _unfit(
    check: str,
    *,
    problem: str,
    mend: str,
    severity: Severity = Severity.ERROR,
    **places: str,
) -> Finding:
    return Finding(severity, check, problem=problem, code="RV-S92", mend=mend, **places)
