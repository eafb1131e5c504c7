"""How long a run has run: its duration counts that, and leaves pauses out. Pure."""

from __future__ import annotations


class Stopwatch:
    """Measures the time that a run has run.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> watch.start(1_000_000_000)
    >>> watch.hold(3_000_000_000)
    >>> watch.elapsed_s(9_000_000_000), watch.held_s(9_000_000_000)
    (2.0, 6.0)
    """

    def __init__(self) -> None:
        self._began_ns: int | None = None
        self._since_ns: int | None = None
        self._ran_ns = 0
        self._end_ns: int | None = None

    def start(self, now_ns: int) -> None:
        """Begin to run, or go on after a pause.

        Parameters
        ----------
        now_ns
            ns on the host's monotonic clock; at the begin it may be ahead.
        """
        if self._began_ns is None:
            self._began_ns = now_ns
        if self._since_ns is None:
            self._since_ns = now_ns

    def hold(self, now_ns: int) -> None:
        """Begin a pause."""
        self._ran_ns = self._count_ns(now_ns)
        self._since_ns = None

    def stop(self, now_ns: int) -> None:
        """Let neither go on: the run is over."""
        self._end_ns = now_ns

    def elapsed_s(self, now_ns: int) -> float:
        """Give how long the run has run, s; 0 before its begin."""
        return self._count_ns(now_ns) * 1e-9

    def held_s(self, now_ns: int) -> float:
        """Give how long the run was paused in all, s."""
        if self._began_ns is None:
            return 0.0
        until_ns = self._clip(now_ns)
        return max(0, until_ns - self._began_ns - self._count_ns(now_ns)) * 1e-9

    def _clip(self, now_ns: int) -> int:
        return now_ns if self._end_ns is None else min(now_ns, self._end_ns)

    def _count_ns(self, now_ns: int) -> int:
        now_ns = self._clip(now_ns)
        running = 0 if self._since_ns is None else max(0, now_ns - self._since_ns)
        return self._ran_ns + running
