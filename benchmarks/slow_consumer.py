"""Slow consumer: 50 ms a step, from a source at 1 kHz, under each policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks._frames import SMALL
from benchmarks._rounds import Benchmark, Candidate, Figures, Target
from benchmarks._runs import finish, link, node, started

if TYPE_CHECKING:
    from benchmarks._scale import Scale

_WORK_S = 0.05
_DEPTH = 16
_POLICIES = {
    "latest": {"policy": "latest"},
    f"queue of {_DEPTH}, drop_oldest": {
        "policy": "queue", "depth": _DEPTH, "when_full": "drop_oldest",
    },
    f"queue of {_DEPTH}, drop_newest": {
        "policy": "queue", "depth": _DEPTH, "when_full": "drop_newest",
    },
    f"lossless, {_DEPTH} deep": {"policy": "lossless", "depth": _DEPTH},
}  # fmt: skip


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    seconds = scale.pick(30.0, 3.0)

    def candidate(name: str) -> Candidate:
        return Candidate(name, lambda: _measure(_POLICIES[name], seconds))

    return Benchmark(
        name="slow_consumer",
        title="Slow consumer",
        how=f"100 B at 1 kHz for {seconds:g} s to a consumer that takes 50 ms a step: "
        "age of every message when `process` begins. On `lossless` the source is "
        "held to the consumer's pace.",
        candidates=[candidate(name) for name in _POLICIES],
        columns={"median age": "ms", "greatest age": "ms", "taken": "", "sent": ""},
        targets=[
            Target(
                "age on `latest`, at every message",
                lambda rounds: rounds.get("latest", "greatest age"),
                51.0,
                unit="ms",
            )
        ],
    )


def _measure(policy: dict[str, object], seconds: float) -> Figures:
    nodes = {
        "source": node(
            "StampedSource", shape=list(SMALL.shape), rate_hz=SMALL.rate_hz, count=10**9
        ),
        "sink": node("DelaySink", work=_WORK_S),
    }
    links = [link("source.item", "sink.item", **policy)]
    with started(nodes, links, duration=f"{seconds:g} s") as run:
        played = finish(run)
        ages_ms = played.arrivals("sink")[:, 1] * 1e-6
        n_sent, _ = played.sent("source")
    return {
        "median age": float(np.median(ages_ms)),
        "greatest age": float(ages_ms.max()),
        "taken": float(len(ages_ms)),
        "sent": float(n_sent),
    }
