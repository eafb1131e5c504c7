"""Steady rates for the eye: what passed in the last two seconds, not since one look."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from ranvier.runtime import RunStatus

_Counts = dict[tuple[str, ...], int]


class _Look(NamedTuple):
    time_s: float
    counts: _Counts
    cpu: dict[str, float]


class Smoother:
    """Puts rates over a window in place of those since the last look.

    Parameters
    ----------
    window_s
        Length of the window, s of the run.
    """

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._looks: collections.deque[_Look] = collections.deque()

    def smooth(self, status: RunStatus) -> RunStatus:
        """Give a status with steady rates.

        Parameters
        ----------
        status
            As the supervisor sent it.

        Returns
        -------
        RunStatus
            The same, but for hz of nodes and links and cpu of nodes.
        """
        counts: _Counts = {("node", node.name): node.steps for node in status.nodes}
        counts |= {(x.stream, x.target): x.taken for x in status.links}
        cpu = {node.name: node.cpu for node in status.nodes}
        self._looks.append(_Look(status.running_s, counts, cpu))
        while self._looks[0].time_s < status.running_s - self._window_s:
            self._looks.popleft()
        nodes = tuple(
            msgspec.structs.replace(
                node,
                step_hz=self._rate(("node", node.name), node.step_hz),
                cpu=self._mean_cpu(node.name),
            )
            for node in status.nodes
        )
        links = tuple(
            msgspec.structs.replace(link, hz=self._rate(_key(link), link.hz))
            for link in status.links
        )
        return msgspec.structs.replace(status, nodes=nodes, links=links)

    def _rate(self, key: tuple[str, ...], otherwise: float) -> float:
        first, last = self._looks[0], self._looks[-1]
        elapsed_s = last.time_s - first.time_s
        if elapsed_s <= 0:
            return otherwise
        # A count that fell began again: nothing is known of the time before.
        return max(0, last.counts[key] - first.counts.get(key, 0)) / elapsed_s

    def _mean_cpu(self, node: str) -> float:
        known = [look.cpu[node] for look in self._looks if node in look.cpu]
        return sum(known) / len(known)


def _key(link: object) -> tuple[str, str]:
    return (getattr(link, "stream", ""), getattr(link, "target", ""))
