"""Recorder: large frames beside the raw disk, and many small messages."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._frames import SEVEN_MB, SMALL
from benchmarks._rounds import Benchmark, Candidate, Figures, Target
from benchmarks._runs import Played, finish, link, node, started
from ranvier.audit import read_audit
from ranvier.recording import open_recording

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks._scale import Scale

_RATE_HZ = 20_000.0
_STEADY = "raw write, fdatasync every 0.25 s"
_RAW, _FRAMES, _SMALL = (
    "raw write and fdatasync",
    "ranvier, frames",
    "ranvier, small messages",
)


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    n_frames = scale.pick(600, 100)
    seconds = scale.pick(20.0, 3.0)
    gigabytes = n_frames * SEVEN_MB.frame().nbytes / 1e9
    return Benchmark(
        name="recorder",
        title="Recorder",
        how=f"{gigabytes:.1f} GB of 6.9 MB frames, flat out through a run, from the "
        "stamp of the first frame until the recorder has gone, checksums, index and "
        "fdatasync included (and so the end of the run itself, 0.1 s and more, which "
        "weighs in a short run); beside the same bytes written by `os.write` from "
        "memory to the same disk, with one fdatasync at the end, and with one every "
        "0.25 s beside, as the recorder does so that a kill costs little. Small "
        f"messages: 100 B at {_RATE_HZ:,.0f}/s for {seconds:g} s; “recorded” is read "
        "back from the file. A disk that lets short bursts through and then holds back "
        "needs many rounds.",
        candidates=[
            Candidate(_FRAMES, lambda: _measure_frames(n_frames, scale.scratch), _RAW),
            Candidate(_RAW, lambda: _measure_raw(n_frames, scale.scratch, 0.0)),
            Candidate(
                _STEADY, lambda: _measure_raw(n_frames, scale.scratch, 0.25), _RAW
            ),
            Candidate(_SMALL, lambda: _measure_small(seconds, scale.scratch)),
        ],
        columns={"MB/s": "", "sent": "", "recorded": "", "rate": "messages/s"},
        compared="MB/s",
        targets=[
            Target(
                "large frames over the raw write",
                lambda rounds: rounds.ratio(_FRAMES, _RAW, "MB/s"), 0.8, at_least=True,
            ),
            Target(
                "large frames over the raw write with fdatasync every 0.25 s",
                lambda rounds: rounds.ratio(_FRAMES, _STEADY, "MB/s"), 0.8,
                at_least=True,
            ),
            Target(
                "rate of small messages", lambda r: r.get(_SMALL, "rate"),
                _RATE_HZ * 0.999, at_least=True, unit="messages/s",
            ),
            Target(
                "small messages sent and not recorded",
                lambda r: [
                    sent - there
                    for sent, there in zip(
                        r.get(_SMALL, "sent"), r.get(_SMALL, "recorded"), strict=True
                    )
                ],
                0.0,
            ),
        ],
    )  # fmt: skip


def _measure_frames(count: int, scratch: Path) -> Figures:
    source = node(
        "StampedSource",
        shape=list(SEVEN_MB.shape),
        dtype=SEVEN_MB.dtype,
        count=count,
        in_place=True,
    )
    with _recorded(source, scratch) as run:
        played = finish(run)
        n_sent, began_ns = played.sent("source")
        took_s = (_end_of_recorder(played) - began_ns) * 1e-9
        n_recorded = _count_recorded(played)
        n_bytes = sum(path.stat().st_size for path in played.folder.glob("*.mcap"))
    return {
        "MB/s": n_bytes / took_s / 1e6,
        "sent": float(n_sent),
        "recorded": float(n_recorded),
        "rate": n_recorded / took_s,
    }


def _measure_small(seconds: float, scratch: Path) -> Figures:
    source = node(
        "StampedSource",
        shape=list(SMALL.shape),
        rate_hz=_RATE_HZ,
        count=int(_RATE_HZ * seconds),
    )
    with _recorded(source, scratch) as run:
        played = finish(run)
        n_sent, _ = played.sent("source")
        with closing(open_recording(played.folder)) as recording:
            times = recording["source.item"].times_ns
            span_s = (times[-1] - times[0]) * 1e-9
            n_recorded = len(times)
    return {
        "sent": float(n_sent),
        "recorded": float(n_recorded),
        "rate": (n_recorded - 1) / span_s,
    }


def _recorded(source: dict[str, Any], scratch: Path) -> Any:
    # Something must read the stream beside the recorder, as in an experiment.
    nodes = {"source": source, "sink": node("DelaySink")}
    links = [link("source.item", "sink.item", "latest")]
    return started(nodes, links, scratch=scratch, record=["source.item"])


def _end_of_recorder(played: Played) -> int:
    lines = read_audit(played.folder / "audit.jsonl")
    return next(
        line.time_ns
        for line in lines
        if line.kind == "node_exited" and line.node == "recorder"
    )


def _count_recorded(played: Played) -> int:
    with closing(open_recording(played.folder)) as recording:
        return len(recording["source.item"])


def _measure_raw(count: int, scratch: Path, sync_s: float) -> Figures:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=write_raw, args=(count, str(scratch), sync_s, theirs)
    )
    process.start()
    theirs.close()
    try:
        took_s = ours.recv()
    finally:
        process.join()
    return {"MB/s": count * SEVEN_MB.frame().nbytes / took_s / 1e6}


def write_raw(count: int, scratch: str, sync_s: float, connection: Any) -> None:
    """Write frames to the disk, wait until it has them, tell how long it took, s."""
    frame = np.random.default_rng(0).integers(0, 200, SEVEN_MB.shape, SEVEN_MB.dtype)
    data = memoryview(frame).cast("B")
    with tempfile.NamedTemporaryFile(prefix="ranvier-bench-", dir=scratch) as file:
        handle = file.fileno()
        ended = threading.Event()

        def sync() -> None:
            while not ended.wait(sync_s):
                os.fdatasync(handle)

        thread = threading.Thread(target=sync, daemon=True)
        began = time.monotonic_ns()
        if sync_s:
            thread.start()
        for _ in range(count):
            written = 0
            while written < len(data):
                written += os.write(handle, data[written:])
        ended.set()
        if sync_s:
            thread.join()
        os.fdatasync(handle)
        took_s = (time.monotonic_ns() - began) * 1e-9
    connection.send(took_s)
