"""The closed-loop example: latency from frame to stimulus, CPU, greatest speed."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ranvier
from benchmarks._processes import Usage, look_at_tree
from benchmarks._rounds import Benchmark, Candidate, Figures, Rounds, Target
from benchmarks._runs import end, finish
from ranvier.runtime import Run, RunRequest, RunStatus, start_run

if TYPE_CHECKING:
    from benchmarks._scale import Scale

_REAL, _FLAT = "real time", "flat out"
_FRAME, _STIMULUS = "preparation.frame", "choice.stimulus"


def build(scale: Scale) -> Benchmark:
    """Give the benchmark."""
    seconds = scale.pick(60.0, 12.0)
    graph = Path(ranvier.__file__).parent / "examples" / "closed_loop" / "graph.yaml"
    absent = "" if graph.exists() else "not here (no closed-loop example)"

    def candidate(name: str, speed: str) -> Candidate:
        return Candidate(
            name, lambda: _measure(graph, speed, seconds, scale), absent=absent
        )

    return Benchmark(
        name="demo",
        title="The closed-loop demo",
        how="The shipped example, recorded: in real time for "
        f"{seconds:g} s, and flat out to its own end or as long. Frame to stimulus: "
        "from the time of origin of the frame that a choice descends from, until the "
        "preparation takes that choice (histogram of the run's own board, buckets of "
        "9 %). CPU: all processes of the run, from half a second after its begin to "
        "its end, in percent of one core.",
        candidates=[
            candidate(_REAL, "real"),
            candidate(_FLAT, "max"),
        ],
        columns={
            "frames/s": "", "frame to stimulus p50": "ms",
            "frame to stimulus p99": "ms", "choices": "", "lost": "", "CPU": "%",
            "memory": "MB", "faults": "",
        },
        targets=[
            Target("CPU in real time", _getter(_REAL, "CPU"), 60.0, unit="%"),
            Target(
                "p99 from frame to stimulus, real time",
                _getter(_REAL, "frame to stimulus p99"), 20.0, unit="ms",
            ),
            Target(
                "flat out", _getter(_FLAT, "frames/s"), 150.0,
                at_least=True, unit="frames/s",
            ),
        ],
    )  # fmt: skip


def _getter(name: str, column: str) -> Any:
    def get(rounds: Rounds) -> list[float]:
        return rounds.get(name, column)

    return get


def _measure(graph: Path, speed: str, seconds: float, scale: Scale) -> Figures:
    parent = Path(tempfile.mkdtemp(prefix="ranvier-bench-", dir=scale.scratch))
    request = RunRequest(
        str(graph), str(parent), duration_s=seconds, speed=speed, by="benchmark"
    )
    run = None
    try:
        run = start_run(request)
        last, before, after, took_s = _watch(run)
        finish(run)
    finally:
        if run is not None:
            end(run)
        shutil.rmtree(parent, ignore_errors=True)
    frames = max(each.sent for each in last.links if each.stream == _FRAME)
    choice = next(
        each
        for each in last.links
        if each.stream == _STIMULUS and each.target.startswith("preparation.")
    )
    return {
        "frames/s": frames / last.running_s,
        "frame to stimulus p50": choice.age_p50_ms or float("nan"),
        "frame to stimulus p99": choice.age_p99_ms or float("nan"),
        "choices": float(choice.taken),
        "lost": float(last.lost),
        "CPU": 100 * sum(after.since(before).values()) / took_s,
        "memory": sum(after.private_mb.values()),
        "faults": float(sum(each.faults for each in last.nodes)),
    }


def _watch(run: Run) -> tuple[RunStatus, Usage, Usage, float]:
    """Watch to the end; last status, usage early and late, the time between, s."""
    before: Usage | None = None
    after: Usage | None = None
    with run.open_screen() as screen:
        for status in screen.watch(0.5):
            if status.state != "running" or status.running_s < 0.4:
                continue
            now, usage = time.monotonic(), look_at_tree(run.supervisor_pid)
            if before is None:
                before, began, n_processes = usage, now, len(usage.cpu_s)
            elif len(usage.cpu_s) >= n_processes:
                last, after, took_s = status, usage, now - began
    if before is None or after is None:
        raise RuntimeError(f"the run was over too soon: {run.wait(10.0).errors}")
    return last, before, after, took_s
