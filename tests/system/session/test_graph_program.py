"""A real graph as the acquisition of a session: alone, stopped, killed."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import psutil
import pytest

from ranvier.audit import read_audit
from ranvier.core import GraphError
from ranvier.session.faults import Verdict
from ranvier.session.programs import SilentListener, StopSignal
from ranvier.session.programs._graph import GraphProgram, run_graph

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

NODES = Path(__file__).parents[1] / "misbehaving.py"
N_OF_SUPERVISOR = 2  # with its guard; all others are workers
GRAPH = """
ranvier: 1
name: ticks
nodes:
  ticks: {{type: "{nodes}:Ticks", parameters: {{n: {n}}}}}
  count: {{type: "{nodes}:Count"}}
links:
  - {{from: ticks.tick, to: count.x}}
record: [ticks.tick]
"""


class Listener(SilentListener):
    def __init__(self):
        self.starts, self.samples, self.ends = queue.SimpleQueue(), [], []
        self.has_workers = threading.Event()

    def started(self, pid, command, attempt):
        self.starts.put((pid, list(command), attempt))

    def sampled(self, processes, system):
        self.samples.append(list(processes))
        if len(self.samples[-1]) > N_OF_SUPERVISOR:
            self.has_workers.set()

    def exited(self, end):
        self.ends.append(end)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mouse_2026-11-20_10-00-00"
    folder.mkdir()
    return folder


def request_of(folder, n=0, **fields):
    path = folder.parent / "graph.yaml"
    path.write_text(GRAPH.format(nodes=NODES, n=n))
    return GraphProgram(path, by="test", sample_interval_s=0.1, **fields)


class Acquisition:
    """A graph that runs in a thread, as the conductor has it."""

    def __init__(self, folder):
        self.folder, self.stop, self.listener = folder, StopSignal(), Listener()
        self.ends = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        self.pid, self.command, _ = self.listener.starts.get(timeout=20)

    def _run(self):
        request = request_of(self.folder)
        self.ends.put(run_graph(request, self.folder, self.listener, self.stop))

    def wait_running(self):
        assert self.listener.has_workers.wait(20)

    def end(self):
        self.thread.join(30)
        return self.ends.get(timeout=1)


def kinds_of(folder):
    return [line.kind for line in read_audit(folder / "audit.jsonl")]


def test_a_graph_that_ends_by_itself_is_a_success_in_the_sessions_folder(folder):
    listener = Listener()
    end = run_graph(request_of(folder, n=20), folder, listener, StopSignal())
    pid, command, attempt = listener.starts.get(timeout=1)

    assert (end.verdict, end.exit_code, end.is_stopped) == (Verdict.OK, 0, False)
    assert (command[:2], attempt) == (["ranvier", "run"], 1)
    assert not psutil.pid_exists(pid)
    assert (folder / "recording.0.mcap").exists()
    assert kinds_of(folder)[-1] == "run_finished"
    assert listener.ends == [end]
    assert [each.name for each in folder.parent.iterdir() if each.is_dir()] == [
        folder.name
    ]


@pytest.mark.parametrize("n_requests", [1, 2])
def test_a_stop_ends_it_in_good_order_and_a_second_at_once(folder, n_requests):
    acquisition = Acquisition(folder)
    acquisition.wait_running()
    for _ in range(n_requests):
        acquisition.stop.request("operator", "enough")
    end = acquisition.end()

    assert (end.is_stopped, end.attempts) == (True, 1)
    assert (end.verdict, end.exit_code) == (Verdict.OK, 0)
    assert "run_finished" in kinds_of(folder)
    assert not psutil.pid_exists(acquisition.pid)
    assert any("rss_bytes" in each for each in acquisition.listener.samples[-1])


def test_a_supervisor_that_is_killed_is_a_failure_that_can_be_recovered(folder):
    acquisition = Acquisition(folder)
    acquisition.wait_running()
    psutil.Process(acquisition.pid).kill()
    end = acquisition.end()

    assert (end.verdict, end.exit_code) == (Verdict.FAILED, None)
    assert "ranvier recover" in end.findings[0].mend
    assert str(folder) in end.findings[0].mend


def test_a_graph_that_can_not_be_read_starts_nothing(folder):
    request = request_of(folder)
    request.graph.write_text("nodes: {")
    listener = Listener()
    with pytest.raises(GraphError):
        run_graph(request, folder, listener, StopSignal())

    assert listener.starts.empty()
    assert not list(folder.iterdir())


def test_a_stop_before_means_that_no_run_is_started(folder):
    stop = StopSignal()
    stop.request("operator")
    end = run_graph(request_of(folder), folder, Listener(), stop)

    assert (end.verdict, end.attempts) == (Verdict.SKIPPED, 0)
    assert not list(folder.iterdir())
