"""Round trip: an item goes to another process and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks._delays import describe_delays
from benchmarks._frames import FRAMES, SMALL, Item
from benchmarks._pairs import measure_round_trip
from benchmarks._peers import measure_ezmsg, why_absent
from benchmarks._rounds import Benchmark, Candidate, Figures
from benchmarks._runs import finish, link, node, started

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from benchmarks._scale import Scale

_SLOW_HZ = 30.0  # a frame of 6.9 MB takes a pipe longer than 10 ms, there and back


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    seconds = scale.pick(4.0, 1.0)
    items = [SMALL, *(item._replace(rate_hz=_SLOW_HZ) for item in FRAMES)]
    return Benchmark(
        name="round_trip",
        title="Round trip",
        how="From a source to a transform that gives back what came, to the source's "
        "`on_back`: two processes, two hops, one of them a feedback link. 100 B at "
        f"1 kHz, frames at {_SLOW_HZ:g} Hz, copied in at both ends.",
        candidates=[each for item in items for each in _candidates(item, seconds)],
        columns={"p50": "µs", "p99": "µs"},
        compared="p50",
    )


def _candidates(item: Item, seconds: float) -> list[Candidate]:
    count = int(item.rate_hz * seconds)
    floor = f"pipe {item.name}"

    def bare(kind: str) -> Callable[[], Figures]:
        def measure() -> Figures:
            times = measure_round_trip(kind, item.frame(), item.rate_hz, count)
            return describe_delays(times[:, 1])

        return measure

    def ezmsg() -> Figures:
        times = measure_ezmsg(item.frame(), item.rate_hz, count, returns=True)
        return describe_delays(times[:, 1])

    return [
        Candidate(f"ranvier {item.name}", lambda: _measure(item, count), floor),
        Candidate(floor, bare("pipe")),
        Candidate(f"pyzmq ipc {item.name}", bare("zmq"), floor, why_absent("zmq")),
        Candidate(f"ezmsg {item.name}", ezmsg, floor, why_absent("ezmsg")),
    ]


def _measure(item: Item, count: int) -> Figures:
    nodes = {
        "source": node(
            "PingSource",
            shape=list(item.shape),
            dtype=item.dtype,
            rate_hz=item.rate_hz,
            count=count,
        ),
        "echo": node("Echo"),
    }
    links = [
        link("source.item", "echo.item", "queue", depth=64),
        link("echo.back", "source.back", "queue", depth=64),
    ]
    with started(nodes, links) as run:
        delays: np.ndarray = finish(run).arrivals("source")[:, 1]
    return describe_delays(delays)
