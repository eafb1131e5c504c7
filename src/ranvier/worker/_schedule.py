"""When a source is asked for its next item."""

from __future__ import annotations

from typing import Optional

_LOOK_AGAIN_S = 0.01


class Schedule:
    """The times at which a source produces; ns on the host's monotonic clock.

    Parameters
    ----------
    pace_hz
        Items a second; None for as fast as it goes.

    Examples
    --------
    >>> schedule = Schedule(10.0)
    >>> schedule.begin(0, is_real_time=True)
    >>> schedule.is_due(0), schedule.take(0), schedule.is_due(50_000_000)
    (True, False, False)
    >>> schedule.wait_s(50_000_000)
    0.05
    """

    def __init__(self, pace_hz: Optional[float]) -> None:
        self._pace = pace_hz
        self._start_ns, self._n_taken = 0, 0
        self._paused_ns: Optional[int] = None
        self._rests = False

    def begin(self, start_ns: int, *, is_real_time: bool) -> None:
        """Take the common start of the run; without real time there is no pace."""
        self._start_ns = start_ns
        if not is_real_time:
            self._pace = None

    def pause(self, now_ns: int) -> None:
        """Hold."""
        if self._paused_ns is None:
            self._paused_ns = now_ns

    def resume(self, now_ns: int) -> None:
        """Go on where it was held: what would have been due meanwhile is not."""
        if self._paused_ns is not None:
            self._start_ns += now_ns - self._paused_ns
            self._paused_ns = None

    def rest(self) -> None:
        """Note that the source had nothing: look again at its pace, or soon."""
        self._rests = True

    def is_due(self, now_ns: int) -> bool:
        """Say whether the source is to be asked now."""
        return self._paused_ns is None and now_ns >= self._due_ns()

    def take(self, now_ns: int) -> bool:
        """Take the item that is due.

        Returns
        -------
        bool
            True if it is late by more than one item.
        """
        self._rests = False
        if self._pace is None:
            return False
        is_late = now_ns - self._due_ns() > 1e9 / self._pace
        self._n_taken += 1
        return is_late

    def wait_s(self, now_ns: int) -> Optional[float]:
        """Give the time until the next item is due, s.

        Returns
        -------
        float or None
            Below 0 if it is overdue; None while it is held.
        """
        if self._paused_ns is not None:
            return None
        if self._rests and self._pace is None:
            return _LOOK_AGAIN_S
        return (self._due_ns() - now_ns) * 1e-9

    def _due_ns(self) -> int:
        if self._pace is None:
            return self._start_ns
        return self._start_ns + int(self._n_taken * 1e9 / self._pace)
