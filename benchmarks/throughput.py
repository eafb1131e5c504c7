"""Throughput: small messages flat out over one link that loses none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks._frames import SMALL
from benchmarks._pairs import measure_hop
from benchmarks._peers import measure_ezmsg, why_absent
from benchmarks._rounds import Benchmark, Candidate, Figures
from benchmarks._runs import finish, link, node, started

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from benchmarks._scale import Scale


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    count = scale.pick(200_000, 20_000)

    def bare(kind: str) -> Callable[[], Figures]:
        return lambda: _describe(measure_hop(kind, SMALL.frame(), 0.0, count), count)

    def ezmsg() -> Figures:
        return _describe(measure_ezmsg(SMALL.frame(), 0.0, count), count)

    return Benchmark(
        name="throughput",
        title="Throughput of small messages",
        how=f"{count:,} arrays of 100 B from one process to another as fast as they "
        "go, on a `lossless` link 1,024 deep: messages arrived a second, from the "
        "first arrival to the last.",
        candidates=[
            Candidate("ranvier", lambda: _measure(count), "pipe"),
            Candidate("pipe", bare("pipe")),
            Candidate("pyzmq ipc", bare("zmq"), "pipe", why_absent("zmq")),
            Candidate("ezmsg", ezmsg, "pipe", why_absent("ezmsg")),
        ],
        columns={"rate": "messages/s", "lost": ""},
        compared="rate",
    )


def _measure(count: int) -> Figures:
    nodes = {
        "source": node("StampedSource", shape=list(SMALL.shape), count=count),
        "sink": node("DelaySink"),
    }
    links = [link("source.item", "sink.item", "lossless", depth=1024)]
    with started(nodes, links) as run:
        return _describe(finish(run).arrivals("sink"), count)


def _describe(times: np.ndarray, count: int) -> Figures:
    arrivals = times[:, 0]
    took_s = (arrivals[-1] - arrivals[0]) * 1e-9
    return {"rate": len(arrivals) / took_s, "lost": float(count - len(arrivals))}
