"""Fan-out: 6.9 MB at 120 frames/s to one to four consumers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._delays import describe_delays
from benchmarks._frames import SEVEN_MB
from benchmarks._processes import look_at_tree
from benchmarks._rounds import Benchmark, Candidate, Figures, Rounds, Target
from benchmarks._runs import finish, link, node, started

if TYPE_CHECKING:
    from benchmarks._scale import Scale
    from ranvier.runtime import Screen

_RATE_HZ = 120.0
_MOST = 4


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    seconds = scale.pick(12.0, 4.0)

    def candidate(n_sinks: int) -> Candidate:
        floor = _name(1) if n_sinks > 1 else ""
        return Candidate(_name(n_sinks), lambda: _measure(n_sinks, seconds), floor)

    return Benchmark(
        name="fan_out",
        title="Fan-out of large frames",
        how=f"6.9 MB written in place at {_RATE_HZ:g} frames/s, {seconds:g} s, to 1–4 "
        "consumers on `queue` links 32 deep. CPU in percent of one core, as the system "
        "counts it between the first and the last second; “all” is every process of "
        "the run. The source itself fills each frame, which is most of its share.",
        candidates=[candidate(n) for n in range(1, _MOST + 1)],
        columns={
            "p50": "µs", "p99": "µs", "rate": "frames/s", "lost": "frames",
            "source CPU": "%", "a consumer's CPU": "%", "all CPU": "%",
        },
        compared="p50",
        targets=[
            Target(
                "frames lost to four consumers",
                lambda rounds: rounds.get(_name(_MOST), "lost"), 0.0,
            ),
            Target(
                "each extra consumer, all processes",
                lambda rounds: _extra(rounds, "all CPU"), 2.0, unit="%",
            ),
            Target(
                "each extra consumer, for the source alone",
                lambda rounds: _extra(rounds, "source CPU"), 2.0, unit="%",
            ),
        ],
    )  # fmt: skip


def _name(n_sinks: int) -> str:
    return f"{n_sinks} consumer{'s' if n_sinks > 1 else ''}"


def _extra(rounds: Rounds, column: str) -> list[float]:
    """Give the slope over the number of consumers, in each round."""
    counts = range(1, _MOST + 1)
    by_count = [rounds.get(_name(n), column) for n in counts]
    if not all(by_count):
        return []
    return [
        float(np.polyfit(counts, each, 1)[0]) for each in zip(*by_count, strict=True)
    ]


def _measure(n_sinks: int, seconds: float) -> Figures:
    count = int(seconds * _RATE_HZ)
    sinks = [f"sink{n}" for n in range(n_sinks)]
    nodes = {
        "source": node(
            "StampedSource",
            shape=list(SEVEN_MB.shape),
            dtype=SEVEN_MB.dtype,
            rate_hz=_RATE_HZ,
            count=count,
            in_place=True,
        ),
        **{sink: node("DelaySink") for sink in sinks},
    }
    links = [link("source.item", [f"{sink}.item" for sink in sinks], "queue", depth=32)]
    with started(nodes, links) as run:
        with run.open_screen() as screen:
            pids = _wait_running(screen)
        time.sleep(1.0)
        before, began = look_at_tree(run.supervisor_pid), time.monotonic()
        time.sleep(seconds - 2.0)
        after, took_s = look_at_tree(run.supervisor_pid), time.monotonic() - began
        played = finish(run)
        arrivals = [played.arrivals(sink) for sink in sinks]
    used = {pid: 100 * s / took_s for pid, s in after.since(before).items()}
    delays = np.concatenate([each[:, 1] for each in arrivals])
    spans_s = [(each[-1, 0] - each[0, 0]) * 1e-9 for each in arrivals]
    return {
        **describe_delays(delays),
        "rate": min((len(a) - 1) / s for a, s in zip(arrivals, spans_s, strict=True)),
        "lost": float(sum(count - len(each) for each in arrivals)),
        "source CPU": used[pids["source"]],
        "a consumer's CPU": float(np.mean([used[pids[sink]] for sink in sinks])),
        "all CPU": sum(used.values()),
    }


def _wait_running(screen: Screen) -> dict[str, int]:
    for status in screen.watch(0.1):
        if status.state == "running":
            return {each.name: each.pid for each in status.nodes}
    raise RuntimeError("the run ended before it began")
