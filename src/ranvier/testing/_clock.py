"""A clock that goes only when told to."""

from __future__ import annotations


class FakeClock:
    """A clock for tests.

    Parameters
    ----------
    now_ns
        The time it starts at, ns.

    Examples
    --------
    >>> clock = FakeClock()
    >>> clock.advance(0.5)
    >>> clock.now_ns()
    500000000
    """

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Give the time.

        Returns
        -------
        int
            ns.
        """
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Parameters
        ----------
        seconds
            How much, s.
        """
        self._now_ns += round(seconds * 1e9)
