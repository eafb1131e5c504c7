"""One hop: from the source's `produce` to the consumer's `process`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._copy import measure_copy
from benchmarks._delays import describe_delays
from benchmarks._frames import FOUR_MB, FRAMES, SMALL, Item
from benchmarks._pairs import measure_hop
from benchmarks._peers import measure_ezmsg, measure_improv, why_absent, why_no_improv
from benchmarks._rounds import Benchmark, Candidate, Figures, Rounds, Target
from benchmarks._runs import finish, link, node, started

if TYPE_CHECKING:
    from benchmarks._scale import Scale

_SLOW = SMALL._replace(name="100 B at 100 Hz", rate_hz=100.0)
_FAST = FOUR_MB._replace(name="4.1 MB at 1 kHz", rate_hz=1000.0)
Measure = Callable[[np.ndarray, float, int], np.ndarray]


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    seconds = scale.pick(4.0, 1.0)
    candidates = [
        _ranvier("ranvier 100 B", SMALL, seconds, floor="pipe 100 B"),
        _bare("pipe 100 B", "pipe", SMALL, seconds),
        *_peers(SMALL, seconds, scale),
        _ranvier(f"ranvier {_SLOW.name}", _SLOW, seconds, floor=f"pipe {_SLOW.name}"),
        _bare(f"pipe {_SLOW.name}", "pipe", _SLOW, seconds),
        _ranvier(f"ranvier {_FAST.name} in place", _FAST, seconds, in_place=True),
        _ranvier(f"ranvier {_FAST.name} copied in", _FAST, seconds),
        Candidate(f"memcpy {_FAST.name}", _measuring(measure_copy, _FAST, seconds)),
    ]
    for item in FRAMES:
        floor = f"shared memory + wake-up {item.name}"
        candidates += [
            _ranvier(
                f"ranvier {item.name} in place",
                item,
                seconds,
                in_place=True,
                floor=floor,
            ),
            _bare(floor, "ring", item, seconds),
            _ranvier(f"ranvier {item.name} copied in", item, seconds, floor=floor),
            Candidate(f"memcpy {item.name}", _measuring(measure_copy, item, seconds)),
            _bare(f"pipe {item.name}", "pipe", item, seconds, floor=floor),
            *_peers(item, seconds, scale, floor),
        ]
    return Benchmark(
        name="hop",
        title="One hop",
        how="One way between two processes: age of an array when the consumer has it, "
        "stamped as the last thing in the source's `produce`, read as the first in the "
        "consumer's `process`. 100 B at 1 kHz, frames at 100 Hz. “In place”: the frame "
        "is written into the memory of the link before the stamp, as a driver would; "
        "“copied in”: the frame is the node's own array. “Shared memory + wake-up”: a "
        "ring without headers, counts or policies, a byte in a pipe for each frame. A "
        "process that wakes 100 times a second is slower to wake than one that wakes "
        "1,000 times: hence the small message at 100 Hz as well, and one frame at "
        "1 kHz, so that large and small are compared at the same rate.",
        candidates=candidates,
        columns={"p50": "µs", "p99": "µs"},
        compared="p50",
        targets=_targets(),
    )


def _ranvier(
    name: str, item: Item, seconds: float, *, in_place: bool = False, floor: str = ""
) -> Candidate:
    def measure() -> Figures:
        nodes = {
            "source": node(
                "StampedSource",
                shape=list(item.shape),
                dtype=item.dtype,
                rate_hz=item.rate_hz,
                count=int(item.rate_hz * seconds),
                in_place=in_place,
            ),
            "sink": node("DelaySink"),
        }
        links = [link("source.item", "sink.item", "queue", depth=64)]
        with started(nodes, links) as run:
            return describe_delays(finish(run).arrivals("sink")[:, 1])

    return Candidate(name, measure, floor)


def _measuring(measure: Measure, item: Item, seconds: float) -> Callable[[], Figures]:
    def run() -> Figures:
        count = int(item.rate_hz * seconds)
        return describe_delays(measure(item.frame(), item.rate_hz, count)[:, 1])

    return run


def _bare(
    name: str, kind: str, item: Item, seconds: float, floor: str = ""
) -> Candidate:
    def measure(frame: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
        return measure_hop(kind, frame, rate_hz, count)

    return Candidate(name, _measuring(measure, item, seconds), floor)


def _peers(
    item: Item, seconds: float, scale: Scale, floor: str = ""
) -> list[Candidate]:
    def by_zmq(frame: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
        return measure_hop("zmq", frame, rate_hz, count)

    def by_improv(frame: np.ndarray, rate_hz: float, count: int) -> np.ndarray:
        return measure_improv(scale.improv_python, frame, rate_hz, count)

    floor = floor or f"pipe {item.name}"
    return [
        Candidate(
            f"{peer} {item.name}", _measuring(measure, item, seconds), floor, absent
        )
        for peer, measure, absent in (
            ("pyzmq ipc", by_zmq, why_absent("zmq")),
            ("ezmsg", measure_ezmsg, why_absent("ezmsg")),
            ("improv", by_improv, why_no_improv(scale.improv_python)),
        )
    ]


def _targets() -> list[Target]:
    def against(other: str) -> Callable[[Rounds], list[float]]:
        return lambda rounds: rounds.ratio("ranvier 100 B", other, "p50")

    def in_place(large: Item, small: Item) -> Callable[[Rounds], list[float]]:
        names = f"ranvier {large.name} in place", f"ranvier {small.name}"
        return lambda rounds: rounds.ratio(*names, "p50")

    def copied(large: Item, small: Item) -> Callable[[Rounds], list[float]]:
        def get(rounds: Rounds) -> list[float]:
            smalls = rounds.get(f"ranvier {small.name}", "p50")
            copies = rounds.get(f"memcpy {large.name}", "p50")
            wholes = rounds.get(f"ranvier {large.name} copied in", "p50")
            both = zip(wholes, smalls, copies, strict=False)
            return [whole / (one + copy) for whole, one, copy in both]

        return get

    return [
        Target(
            "100 B: p50 over that of a bare pipe (aim 1.6)", against("pipe 100 B"), 2.0
        ),
        Target("100 B: p50 over that of ezmsg", against("ezmsg 100 B"), 0.5),
        Target("100 B: p50 over that of improv", against("improv 100 B"), 0.15),
        *(
            target
            for large, small, rate in (
                (_FAST, SMALL, "1 kHz"),
                (FOUR_MB, _SLOW, "100 Hz"),
            )
            for target in (
                Target(
                    f"4.1 MB in place: p50 over 100 B, both at {rate}",
                    in_place(large, small),
                    2.0,
                ),
                Target(
                    f"4.1 MB copied in: p50 over 100 B + one memcpy, all at {rate}",
                    copied(large, small),
                    1.3,
                ),
            )
        ),
    ]
