"""kill -9 of anything at any moment, in many runs.

Forty by default, to keep the whole suite under ten minutes; RANVIER_KILL_RUNS=100
for the hundred that a release must pass.
"""

from __future__ import annotations

import os
import random
import signal
import time

import psutil
import pytest

from ranvier.core import RanvierError
from ranvier.recording import open_recording, verify

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

GRAPH = """
ranvier: 1
name: kills
nodes:
  ticks:
    type: NODES:Ticks
    parameters: {rate_hz: 1000}
    restart: {limit: 100, backoff: 10 ms}
  middle: {type: "NODES:Pass", restart: {limit: 100, backoff: 10 ms}}
  frames: {type: "NODES:Frames", parameters: {rate_hz: 200}}
  count: {type: "NODES:Count"}
links:
  - {from: ticks.tick, to: middle.x}
  - {from: middle.y, to: count.x, policy: lossless}
  - {from: frames.frame, to: count.x, policy: latest}
record: [ticks.tick, middle.y, frames.frame]
"""
WRITERS = {"ticks.tick": "ticks", "middle.y": "middle", "frames.frame": "frames"}
RUNS_A_TEST = 5
N_RUNS = int(os.environ.get("RANVIER_KILL_RUNS", "40"))


@pytest.mark.parametrize("batch", range(N_RUNS // RUNS_A_TEST))
def test_a_kill_stays_where_it_happened(rig, batch):
    for n in range(RUNS_A_TEST):
        chance = random.Random(batch * RUNS_A_TEST + n)
        kill_somebody(rig, rig.start(GRAPH), chance)


def kill_somebody(rig, run, chance):
    victim = chance.choice(
        ["ticks", "middle", "frames", "count", "recorder", "supervisor"]
    )
    status = rig.wait_running(run)
    pids = rig.pids(run)
    # A moment by chance: the kill must come at any time, not at an event.
    time.sleep(chance.random() * 0.3)
    gone_on_ns = time.monotonic_ns()
    if victim == "supervisor":
        # Then all end: what was sent until a quarter of a second before is promised.
        gone_on_ns -= 250_000_000
        os.kill(run.supervisor_pid, signal.SIGKILL)
        with pytest.raises(RanvierError):
            run.wait(5)
    else:
        before = {node.name: node for node in status.nodes}
        os.kill(before[victim].pid, signal.SIGKILL)
        after = rig.wait_until(run, goes_on_after(victim))
        for node in after.nodes:
            assert node.name == victim or node.pid == before[node.name].pid
        run.stop()
        assert run.wait(20).reason == "stopped"

    assert rig.wait_gone(pids, 4.0) == [], [psutil.Process(p).cmdline() for p in pids]
    assert rig.leftovers(run) == []
    report = verify(run.session_folder)
    if victim == "supervisor":
        # Nobody was left to write down how the run ended: that is all that's missing.
        assert report.verdict != "damaged" or only_the_end_is_missing(report), (
            report.describe()
        )
    else:
        assert report.verdict != "damaged", f"{victim}: {report.describe()}"
    recording = open_recording(run.session_folder)
    for name, writer in WRITERS.items():
        check_stream(recording[name], f"{name} at a kill of {victim}", gone_on_ns)
        if victim not in (writer, "recorder"):
            check_whole(recording[name], f"{name} at a kill of {victim}")
    assert [int(tick) for tick in recording["ticks.tick"]] == [
        int(number) for number in recording["ticks.tick"].sequences
    ]


def check_stream(stream, what, gone_on_ns):
    """What was recorded stands in order, and went on when somebody was killed."""
    assert stream.times_ns[-1] > gone_on_ns, what
    places = list(zip(stream.epochs.tolist(), stream.sequences.tolist(), strict=True))
    assert places == sorted(set(places)), what


def check_whole(stream, what):
    """Who lives loses nothing: neither the number of a message nor a start."""
    assert stream.sequences.tolist() == list(range(len(stream.sequences))), what
    assert set(stream.epochs.tolist()) == {0}, what


def goes_on_after(victim):
    """Say when the victim is back, and each recorded stream has gone on since."""
    since = {}

    def is_so(status):
        if not has_recovered(status, victim):
            return False
        taken = {
            (link.stream, link.target): link.taken
            for link in status.links
            if link.stream in WRITERS
        }
        return all(taken[each] > since.setdefault(each, taken[each]) for each in taken)

    return is_so


def has_recovered(status, victim):
    node = next(each for each in status.nodes if each.name == victim)
    return node.restarts >= 1 and node.state == "running"


def only_the_end_is_missing(report):
    return not [f for f in report.findings if f.n_missing]
