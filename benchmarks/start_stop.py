"""Start and stop: time and memory against the number of nodes."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from benchmarks._processes import look_at_tree
from benchmarks._rounds import Benchmark, Candidate, Figures, Rounds, Target
from benchmarks._runs import finish, link, node, started

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks._scale import Scale

_RUN_S = 1.0
_START_LIMITS_S = {10: 1.5, 50: 8.0}


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    sizes = scale.pick((2, 10, 50, 100), (2, 10))

    def candidate(n_nodes: int) -> Candidate:
        floor = _name(2) if n_nodes > 2 else ""
        return Candidate(_name(n_nodes), lambda: _measure(n_nodes), floor)

    starts = [
        Target(
            f"first message at every node, {n} nodes",
            _getter(n, "start"),
            limit,
            unit="s",
        )
        for n, limit in _START_LIMITS_S.items()
    ]
    return Benchmark(
        name="start_stop",
        title="Start, stop and memory",
        how="A source at 20 Hz and sinks, a process each. Start: from the call of "
        "`start_run` until the last sink had its first message, the supervisor's own "
        "start and the sinks' imports included. Stop: from the call of `stop` until "
        "every process is gone and the session folder is sealed. Memory: resident less "
        "shared.",
        candidates=[candidate(n) for n in sizes],
        columns={
            "start": "s", "stop": "s", "a node's memory": "MB",
            "largest node": "MB", "supervisor": "MB",
        },
        compared="start",
        targets=[
            *starts,
            *(
                Target(f"stop, {n} nodes", _getter(n, "stop"), 0.5, unit="s")
                for n in _START_LIMITS_S
            ),
            Target(
                f"private memory of the largest node of {sizes[-1]}",
                _getter(sizes[-1], "largest node"), 45.0, unit="MB",
            ),
        ],
    )  # fmt: skip


def _name(n_nodes: int) -> str:
    return f"{n_nodes} nodes"


def _getter(n_nodes: int, column: str) -> Callable[[Rounds], list[float]]:
    def get(rounds: Rounds) -> list[float]:
        return rounds.get(_name(n_nodes), column)

    return get


def _measure(n_nodes: int) -> Figures:
    sinks = [f"sink{n}" for n in range(n_nodes - 1)]
    nodes = {
        "source": node("StampedSource", shape=[100], rate_hz=20.0, count=10**9),
        **{sink: node("DelaySink", capacity=1000) for sink in sinks},
    }
    links = [link("source.item", [f"{sink}.item" for sink in sinks], "queue", depth=16)]
    called_ns = time.monotonic_ns()
    with started(nodes, links) as run:
        with run.open_screen() as screen:
            for status in screen.watch(0.5):
                if status.state == "running" and status.running_s > _RUN_S:
                    break
        usage = look_at_tree(run.supervisor_pid)
        pids = [each.pid for each in status.nodes]
        stop_ns = time.monotonic_ns()
        run.stop("measured")
        played = finish(run)
        stopped_ns = time.monotonic_ns()
        firsts = [int(played.arrivals(sink)[0, 0]) for sink in sinks]
    node_mb = [usage.private_mb[pid] for pid in pids]
    return {
        "start": (max(firsts) - called_ns) * 1e-9,
        "stop": (stopped_ns - stop_ns) * 1e-9,
        "a node's memory": statistics.median(node_mb),
        "largest node": max(node_mb),
        "supervisor": usage.private_mb[run.supervisor_pid],
    }
