"""Faults stay where they happen: each with real processes, real files, real kills."""

from __future__ import annotations

import itertools
import os
import random
import signal

import msgspec
import psutil
import pytest

from ranvier.core import RanvierError
from ranvier.recording import open_recording, verify
from ranvier.runtime import RunStatus, check_replay

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

CHAIN = """
ranvier: 1
name: chain
nodes:
  ticks: {type: "NODES:Ticks", parameters: {rate_hz: 500}}
  middle: {type: "NODES:MIDDLE", parameters: PARAMETERS}
  count: {type: "NODES:Count"}
  beside: {type: "NODES:Count"}
links:
  - {from: ticks.tick, to: middle.x}
  - {from: middle.y, to: count.x}
  - {from: ticks.tick, to: beside.x, policy: lossless}
record: [ticks.tick, middle.y]
"""


def chain(middle, parameters="{}"):
    return CHAIN.replace("MIDDLE", middle).replace("PARAMETERS", parameters)


def node(status, name):
    return next(each for each in status.nodes if each.name == name)


def link(status, target):
    return next(each for each in status.links if each.target == target)


def finish(rig, run):
    pids = rig.pids(run)
    run.stop()
    finished = run.wait(20)

    assert rig.wait_gone(pids) == []
    assert rig.leftovers(run) == []
    return finished


def test_a_run_leaves_nothing_and_records_everything(rig):
    run = rig.start(chain("Pass"))
    rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 200)
    finished = finish(rig, run)

    assert finished.reason == "stopped"
    assert finished.errors == []
    report = verify(run.session_folder)
    assert report.is_ok, report.describe()
    recording = open_recording(run.session_folder)
    ticks = [int(tick) for tick in recording["ticks.tick"]]
    assert ticks == list(range(len(ticks)))
    assert len(ticks) > 200


def test_an_exception_costs_one_message_and_is_told_with_its_cause(rig):
    run = rig.start(chain("RaisesOnFifth"))
    status = rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 50)
    finish(rig, run)

    assert node(status, "middle").faults == 1
    assert node(status, "middle").restarts == 0
    (fault,) = rig.audit(run, "fault")
    assert fault["error"]["problem"] == "ValueError: the fifth"
    assert fault["stream"] == "ticks.tick"
    assert fault["sequence"] == 4
    assert "RaisesOnFifth" not in fault["error"]["mend"]
    assert 'raise ValueError("the fifth")' in fault["traceback"]


def test_a_segfault_is_restarted_and_the_neighbours_lose_nothing(rig):
    run = rig.start(chain("Segfaults"))
    status = rig.wait_until(
        run,
        lambda s: s.nodes and node(s, "middle").restarts == 1
        and node(s, "middle").state == "running" and link(s, "count.x").hz > 100,
    )  # fmt: skip
    finish(rig, run)

    assert link(status, "beside.x").missed == 0
    assert node(status, "beside").restarts == 0
    (died, *_) = [e for e in rig.audit(run, "node_exited") if e["signal"]]
    assert died["signal"] == "SIGSEGV"


@pytest.mark.parametrize("victim", ["ticks", "middle", "count", "beside", "recorder"])
def test_a_killed_node_comes_back_and_the_others_go_on(rig, victim):
    run = rig.start(chain("Pass"))
    before = rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 50)
    os.kill(node(before, victim).pid, signal.SIGKILL)
    after = rig.wait_until(
        run,
        lambda s: node(s, victim).restarts == 1 and node(s, victim).state == "running",
    )
    taken = link(after, "count.x").taken
    rig.wait_until(run, lambda s: link(s, "count.x").taken > taken + 100)
    finished = finish(rig, run)

    others = {n.name for n in after.nodes} - {victim}
    assert all(node(after, name).restarts == 0 for name in others)
    assert all(node(after, n).pid == node(before, n).pid for n in others)
    assert finished.reason == "stopped"
    report = verify(run.session_folder)
    assert report.verdict != "damaged", report.describe()


def test_state_is_handed_over_at_a_restart(rig):
    graph = chain("KeepsCount")
    run = rig.start(graph.replace("parameters: {}", "checkpoint: 10 ms"))
    before = rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 200)
    os.kill(node(before, "middle").pid, signal.SIGKILL)
    after = rig.wait_until(
        run,
        lambda s: (
            node(s, "middle").restarts == 1 and node(s, "middle").state == "running"
        ),
    )
    taken = link(after, "count.x").taken
    rig.wait_until(run, lambda s: link(s, "count.x").taken > taken + 50)
    finish(rig, run)

    counts = [int(c) for c in open_recording(run.session_folder)["middle.y"]]
    assert counts[-1] > 200
    drops = [a - b for a, b in itertools.pairwise(counts) if b < a]
    assert len(drops) <= 1
    assert max(drops, default=0) < 50


def test_an_import_error_fails_the_start_and_says_why(rig):
    broken = rig.folder / "broken.py"
    broken.write_text("import no_such_package_at_all\n")
    run = rig.start(chain("Pass").replace('"NODES:Pass"', '"./broken.py:Node"'))
    pids = rig.pids(run)
    finished = run.wait(20)

    assert finished.reason == "failed"
    assert "no_such_package_at_all" in finished.errors[0]["problem"]
    assert "broken.py, line 1" in finished.errors[0]["where"]
    assert rig.wait_gone(pids) == []
    assert rig.leftovers(run) == []


def test_a_node_that_hangs_in_setup_fails_the_start(rig):
    graph = chain("Hangs", '{phase: "setup"}') + "run: {start_limit: 5 s}\n"
    run = rig.start(graph)
    finished = run.wait(20)

    assert finished.reason == "failed"
    (error,) = finished.errors
    assert error["problem"] == '"middle" has not ended setup after 5 s.'
    assert rig.leftovers(run) == []


@pytest.mark.parametrize("hold_gil", ["false", "true"])
def test_a_node_that_hangs_in_a_step_is_ended_and_restarted(rig, hold_gil):
    graph = chain("Hangs", f'{{phase: "process", hold_gil: {hold_gil}}}')
    graph = graph.replace("}}\n  count", "}, step_limit: 0.5 s}\n  count")
    run = rig.start(graph)
    status = rig.wait_until(
        run, lambda s: s.nodes and node(s, "middle").restarts >= 1
        and link(s, "count.x").taken > 20,
    )  # fmt: skip
    finish(rig, run)

    assert link(status, "beside.x").missed == 0
    assert "hangs" in rig.audit(run, "fault")[0]["error"]["problem"]


@pytest.mark.parametrize("phase", ["process", "teardown"])
def test_a_hang_does_not_keep_a_run_from_ending(rig, phase):
    run = rig.start(chain("Hangs", f'{{phase: "{phase}"}}'))
    rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 100)
    finished = finish(rig, run)

    assert verify(run.session_folder).is_ok
    assert finished.reason == "failed"
    assert [error["code"] for error in finished.errors] == ["RV-R29"]


def test_a_memory_limit_ends_the_hungry_node_only(rig):
    graph = chain("EatsMemory").replace(
        'EatsMemory"', 'EatsMemory", memory_limit: 200 MB'
    )
    graph = graph.replace("parameters: {}", "restart: {limit: 1}").replace(
        "rate_hz: 500", "rate_hz: 50"
    )
    run = rig.start(graph)
    status = rig.wait_until(run, lambda s: s.nodes and node(s, "middle").restarts == 1)
    finish(rig, run)

    assert link(status, "beside.x").missed == 0
    assert rig.audit(run, "memory_limit")[0]["limit_bytes"] == 200_000_000


def test_what_a_node_started_dies_with_it(rig):
    run = rig.start(chain("HasChildren"))
    status = rig.wait_running(run)
    child = int((run.session_folder / "nodes" / "middle" / "pid").read_text())
    os.kill(node(status, "middle").pid, signal.SIGKILL)
    left = rig.wait_gone([child])
    finish(rig, run)

    assert left == []


def start_laser(rig, monkeypatch, keys):
    """Run a chain with a laser beside it; give the run and what the laser writes."""
    place = rig.folder / "laser.txt"
    monkeypatch.setenv("RANVIER_TEST_LASER", str(place))
    laser = f'"NODES:Laser", {keys}}}\nlinks'
    return rig.start(chain("Pass").replace('"NODES:Count"}\nlinks', laser)), place


def test_a_laser_is_shut_however_its_node_ends(rig, monkeypatch):
    run, place = start_laser(rig, monkeypatch, "restart: {limit: 0}")
    status = rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 20)
    os.kill(node(status, "beside").pid, signal.SIGKILL)
    rig.wait_until(run, lambda s: node(s, "beside").state == "down")
    finished = finish(rig, run)

    assert place.read_text() == "off\n"
    assert finished.reason == "failed"
    assert rig.audit(run, "safe_state_called")[0]["error"] == ""


def test_a_laser_is_shut_when_its_inputs_go_silent(rig, monkeypatch):
    run, place = start_laser(rig, monkeypatch, "watchdog: 0.3 s")
    rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 20)
    with run.open_screen() as screen:
        screen.pause()
    rig.wait_until(run, lambda _: place.exists())
    finish(rig, run)

    reasons = [line["why"] for line in rig.audit(run, "safe_state_called")]
    assert "silent for 0.3 s" in reasons[0]
    assert place.read_text() == "off\noff\n"


def test_a_killed_supervisor_leaves_nothing_behind(rig):
    run = rig.start(chain("Pass"))
    rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 50)
    pids = rig.pids(run)
    os.kill(run.supervisor_pid, signal.SIGKILL)
    left = rig.wait_gone(pids, 4.0)

    assert left == []
    assert rig.leftovers(run) == []
    with pytest.raises(RanvierError, match="supervisor died"):
        run.wait(5)
    assert verify(run.session_folder).verdict != "damaged"


def test_a_killed_supervisor_ends_even_a_node_that_holds_the_gil(rig):
    run = rig.start(chain("Hangs", '{phase: "process", hold_gil: true}'))
    rig.wait_until(run, lambda s: s.nodes and node(s, "middle").busy_s > 0.2)
    pids = rig.pids(run)
    os.kill(run.supervisor_pid, signal.SIGKILL)

    assert rig.wait_gone(pids, 4.0) == []
    assert rig.leftovers(run) == []


def test_two_runs_of_one_graph_do_not_touch_each_other(rig):
    runs = [rig.start(chain("Pass")) for _ in range(2)]
    for run in runs:
        rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 100)
    first = finish(rig, runs[0])
    rig.wait_until(runs[1], lambda s: link(s, "count.x").taken > 200)
    second = finish(rig, runs[1])

    assert (first.reason, second.reason) == ("stopped", "stopped")
    assert all(verify(run.session_folder).is_ok for run in runs)


def test_sigint_twice_ends_the_supervisor_at_once(rig):
    run = rig.start(chain("Hangs", '{phase: "process"}'))
    rig.wait_until(run, lambda s: s.nodes and node(s, "middle").busy_s > 0.1)
    pids = rig.pids(run)
    os.kill(run.supervisor_pid, signal.SIGINT)
    # Two at the same moment may reach it as one.
    rig.wait_until(run, lambda s: s.state == "stopping")
    os.kill(run.supervisor_pid, signal.SIGINT)
    finished = run.wait(10)

    assert finished.reason == "stopped"
    assert rig.wait_gone(pids) == []
    assert rig.leftovers(run) == []
    assert verify(run.session_folder).is_ok


def test_many_kills_of_one_node_never_spread(rig):
    chance = random.Random(0)
    policy = "restart: {limit: 1000, backoff: 10 ms}"
    run = rig.start(chain("Pass").replace("parameters: {}", policy))
    status = rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 20)
    for n in range(1, 11):
        pid, moment = node(status, "middle").pid, chance.random() / 5
        rig.wait_until(run, lambda s, moment=moment: s.running_s % 1 >= moment)
        os.kill(pid, signal.SIGKILL)
        status = rig.wait_until(run, lambda s, n=n: has_come_back(s, "middle", n))
    finish(rig, run)

    assert link(status, "beside.x").missed == 0
    assert verify(run.session_folder).verdict != "damaged"
    ticks = [int(tick) for tick in open_recording(run.session_folder)["ticks.tick"]]
    assert ticks == list(range(len(ticks)))


def has_come_back(status, name, restarts):
    found = node(status, name)
    return found.restarts >= restarts and found.state == "running"


def test_a_death_is_noticed_though_a_forked_child_keeps_the_connection(rig):
    run = rig.start(chain("Forks"))
    before = rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 50)
    os.kill(node(before, "middle").pid, signal.SIGKILL)
    rig.wait_until(run, lambda s: has_come_back(s, "middle", 1))
    finish(rig, run)

    assert [e for e in rig.audit(run, "node_exited") if e["signal"] == "SIGKILL"]


def test_a_restarted_source_goes_on_from_now(rig):
    run = rig.start(chain("Pass"))
    before = rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 800)
    os.kill(node(before, "ticks").pid, signal.SIGKILL)
    rig.wait_until(run, lambda s: has_come_back(s, "ticks", 1))
    rig.wait_until(run, lambda s: link(s, "beside.x").taken > 1000)
    finish(rig, run)

    stream = open_recording(run.session_folder)["ticks.tick"]
    times = stream.times_ns[stream.epochs == 1][:50]
    assert (times[-1] - times[0]) * 1e-9 > 0.08  # 50 ticks at 500 Hz, not at once


def test_a_laser_is_shut_at_once_however_long_its_restart_waits(rig, monkeypatch):
    run, place = start_laser(rig, monkeypatch, "restart: {backoff: 20 s}")
    status = rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 20)
    os.kill(node(status, "beside").pid, signal.SIGKILL)
    rig.wait_until(run, lambda _: place.exists(), 10)
    finished = finish(rig, run)

    assert place.read_text() == "off\n"
    assert finished.reason == "failed"  # it was still dead at the end
    assert "was dead when the run ended" in finished.errors[-1]["problem"]


def test_words_of_many_threads_do_not_mix(rig):
    run = rig.start(chain("SpeaksFromThreads"))
    rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 20)
    finished = finish(rig, run)

    assert finished.reason == "stopped"
    assert len([n for n in rig.audit(run, "note") if n["text"][0] == "x"]) == 400


def last_status(run):
    text = (run.session_folder / "status.json").read_bytes()
    return msgspec.json.decode(text, type=RunStatus)


def test_a_run_whose_node_only_failed_has_failed(rig):
    graph = chain("AlwaysRaises").replace("rate_hz: 500", "rate_hz: 500, n: 50")
    run = rig.start(graph)
    finished = run.wait(20)

    assert finished.reason == "failed"
    (error,) = finished.errors
    assert error["problem"] == '"middle" failed at each of its steps.'
    assert error["found"].startswith("faults: 50; the last told: ValueError: not ")
    status = last_status(run)
    assert (status.state, node(status, "middle").faults) == ("failed", 50)


def test_a_run_whose_source_broke_off_has_failed(rig):
    run = rig.start(chain("Pass").replace("NODES:Ticks", "NODES:BreaksOff"))
    finished = run.wait(20)

    assert finished.reason == "failed"
    (error,) = finished.errors
    assert error["problem"] == 'the source "ticks" ended at its fault.'
    assert error["found"] == "OSError: unplugged (produce)"
    assert len(open_recording(run.session_folder)["middle.y"]) == 10


def test_a_fault_at_the_very_end_stands_in_the_last_status(rig):
    run = rig.start(chain("RaisesAtTheEnd"))
    rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 20)
    finished = finish(rig, run)
    status = last_status(run)

    assert (finished.reason, status.state) == ("stopped", "stopped")
    assert node(status, "middle").last_fault == (
        "OSError: the shutter is stuck (teardown)"
    )
    assert node(status, "count").last_fault == ""
    assert node(status, "count").memory_mb > 0


def test_a_killed_guard_is_told_and_replaced(rig):
    run = rig.start(chain("Pass"))
    rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 50)
    (first,) = guards(run)
    first.kill()
    rig.wait_until(run, lambda s: any("guard died" in line for line in s.notices))
    rig.wait_until(run, lambda _: any(each != first for each in guards(run)))
    (line,) = rig.audit(run, "guard_exited")
    pids = rig.pids(run)
    # The new one knows of the workers that the old one was told of.
    os.kill(run.supervisor_pid, signal.SIGKILL)

    assert (line["pid"], line["signal"]) == (first.pid, "SIGKILL")
    assert rig.wait_gone(pids, 4.0) == []
    assert rig.leftovers(run) == []


def guards(run):
    children = psutil.Process(run.supervisor_pid).children()
    return [p for p in children if "_guard.py" in " ".join(p.cmdline())]


def test_a_change_acknowledged_just_before_a_kill_holds_in_the_next_life(rig):
    run = rig.start(chain("Pass", "{gain: 1}"))
    before = rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 50)
    with run.open_screen() as screen:
        screen.set_parameter("middle", "gain", 3)
    os.kill(node(before, "middle").pid, signal.SIGKILL)
    after = rig.wait_until(run, lambda s: has_come_back(s, "middle", 1))
    taken = link(after, "count.x").taken
    rig.wait_until(run, lambda s: link(s, "count.x").taken > taken + 50)
    finish(rig, run)

    stream = open_recording(run.session_folder)["middle.y"]
    second = [int(stream[n]) for n, epoch in enumerate(stream.epochs) if epoch == 1]
    assert len(second) > 50
    assert all(value % 3 == 0 for value in second)
    found = check_replay(run.session_folder, ("middle",))
    assert found.agrees, found.describe()
    assert found.nodes[0].n_compared > len(second)


def test_a_duration_leaves_pauses_out(rig):
    run = rig.start(chain("Pass"), duration_s=0.6)
    rig.wait_until(run, lambda s: s.running_s > 0.1)
    with run.open_screen() as screen:
        screen.pause()
        status = rig.wait_until(run, lambda s: s.paused_s > 0.8)
        screen.resume()
    finished = run.wait(20)
    ticks = len(open_recording(run.session_folder)["ticks.tick"])

    assert finished.reason == "completed"
    assert status.running_s < 0.6
    assert last_status(run).paused_s > 0.8
    assert 250 < ticks <= 310  # 0.6 s at 500 Hz


def test_an_abort_does_not_wait_for_a_restart(rig):
    run = rig.start(chain("Pass").replace("parameters: {}", "restart: {backoff: 20 s}"))
    before = rig.wait_until(run, lambda s: s.links and link(s, "count.x").taken > 20)
    os.kill(node(before, "middle").pid, signal.SIGKILL)
    rig.wait_until(run, lambda s: node(s, "middle").state == "waiting")
    with run.open_screen() as screen:
        screen.abort()
    finished = run.wait(10)

    assert [e["problem"] for e in finished.errors] == [
        "middle was dead when the run ended."
    ]
    status = last_status(run)
    assert node(status, "middle").last_fault == "the process died (SIGKILL)"
    assert node(status, "count").last_fault == ""  # it was ended, and did nothing wrong
    assert rig.leftovers(run) == []


def shine(rig, monkeypatch, laser="Laser", **others):
    """Give the chain with a laser in it, and the file that it is shut in."""
    place = rig.folder / "laser.txt"
    monkeypatch.setenv("RANVIER_TEST_LASER", str(place))
    graph = chain(others.pop("middle", "Pass"), others.pop("parameters", "{}"))
    for name, kind in {"beside": laser, **others}.items():
        old = f'{name}: {{type: "NODES:Count"'
        graph = graph.replace(old, old.replace("Count", kind))
    return graph, place


def test_a_laser_is_shut_if_another_node_can_not_start(rig, monkeypatch):
    graph, place = shine(rig, monkeypatch, count="NeverThere")
    run = rig.start(graph)
    finished = run.wait(20)

    assert finished.reason == "failed"
    assert "no camera" in finished.errors[0]["problem"]
    assert place.read_text() == "off\n"
    assert rig.leftovers(run) == []


def test_a_laser_is_shut_if_its_neighbour_exits_in_setup(rig, monkeypatch):
    graph, place = shine(rig, monkeypatch, "Exits", count="Laser")
    for name in ("beside", "count"):
        old = f"{name}: {{type: "
        graph = graph.replace(old, f"{name}: {{group: one, type: ")
    run = rig.start(graph)
    finished = run.wait(20)

    assert finished.reason == "failed"
    assert place.read_text() == "off\n"
    assert rig.leftovers(run) == []


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_laser_is_shut_if_the_start_is_broken_off(rig, monkeypatch, end):
    hangs = {"middle": "Hangs", "parameters": '{phase: "setup"}'}
    graph, place = shine(rig, monkeypatch, **hangs)
    run = rig.start(graph)
    rig.wait_until(run, lambda _: len(rig.audit(run, "node_ready")) >= 3)
    pids = rig.pids(run)
    if end == "stop":
        run.stop()
        run.wait(10)
    else:
        os.kill(run.supervisor_pid, signal.SIGKILL)

    assert rig.wait_gone(pids, 4.0) == []
    assert place.read_text() == "off\n"
    assert rig.leftovers(run) == []


def test_a_laser_is_shut_if_its_own_setup_hangs(rig, monkeypatch):
    graph, place = shine(rig, monkeypatch, "HangsOn")
    run = rig.start(graph + "run: {start_limit: 5 s}\n")
    finished = run.wait(20)

    assert finished.reason == "failed"
    assert place.read_text() == "off\n"
    assert [error["code"] for error in finished.errors] == ["RV-R14"]


def test_a_laser_that_is_shut_and_then_hangs_is_not_called_unsafe(rig, monkeypatch):
    graph, place = shine(rig, monkeypatch, "HangsWhenSafe")
    run = rig.start(graph)
    rig.wait_until(run, lambda s: s.links and link(s, "beside.x").taken > 20)
    finished = finish(rig, run)

    assert place.read_text() == "off\n"
    assert "made safe" not in "".join(e["problem"] for e in finished.errors)


def test_a_number_that_no_process_can_be_sent_fails_the_start_in_words(rig):
    run = rig.start(chain("Pass", "{gain: 1180591620717411303424}"))
    finished = run.wait(20)

    assert finished.reason == "failed"
    (error,) = finished.errors
    assert (error["code"], error["where"]) == ("RV-R02", "parameters of middle")
    assert "64 bits" in error["mend"]


def test_a_node_that_waits_for_its_reader_does_not_hang(rig):
    graph = """
ranvier: 1
name: waits
nodes:
  ticks: {type: "NODES:Ticks", step_limit: 0.5 s, parameters: {rate_hz: 50}}
  slow: {type: "NODES:Slow", parameters: {step_s: 0.8}}
links: [{from: ticks.tick, to: slow.x, policy: lossless, depth: 1}]
"""
    run = rig.start(graph)
    status = rig.wait_until(run, lambda s: s.links and link(s, "slow.x").taken > 3)
    finish(rig, run)

    assert rig.audit(run, "fault") == []
    assert node(status, "ticks").restarts == 0
    assert node(status, "ticks").step_max_ms < 500
