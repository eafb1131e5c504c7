"""When a node that died is started again: pure bookkeeping of times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ranvier.graph import RestartPolicy

_LONGEST_BACKOFF_S = 30.0
_MOST_DOUBLINGS = 32


class RestartBook:
    """Counts the restarts of one worker within its window.

    Parameters
    ----------
    policy
        Limit, window and first wait.

    Examples
    --------
    >>> from ranvier.graph import RestartPolicy
    >>> book = RestartBook(RestartPolicy(limit=2, within=60, backoff=0.5))
    >>> [book.next_wait_s(now) for now in (0.0, 1.0, 2.0)]
    [0.5, 1.0, None]
    """

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._times: list[float] = []
        self.total = 0

    def next_wait_s(self, now_s: float) -> float | None:
        """Say how long to wait before the next restart.

        Parameters
        ----------
        now_s
            Time of the death, s on any steady clock.

        Returns
        -------
        float or None
            s; doubled at each restart within the window. None: it stays down.
        """
        since = now_s - self._policy.within
        self._times = [time for time in self._times if time > since]
        if len(self._times) >= self._policy.limit:
            return None
        wait = self._policy.backoff * 2 ** min(len(self._times), _MOST_DOUBLINGS)
        self._times.append(now_s)
        self.total += 1
        return min(wait, _LONGEST_BACKOFF_S)
