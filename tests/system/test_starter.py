"""A run that shall not outlive whoever started it ends with him, in good order."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from ranvier.audit import read_audit
from ranvier.recording import SessionFolder, verify

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

GRAPH = """\
ranvier: 1
name: long
nodes:
  sensor: {type: signal_generator, parameters: {rate_hz: 100}}
links: []
record: all
"""
STARTER = """\
import os, sys
from ranvier.runtime import RunRequest, start_run
pid = os.getpid() if sys.argv[3] == "tied" else None
run = start_run(RunRequest(sys.argv[1], sys.argv[2], starter_pid=pid))
with run.open_screen() as screen:
    next(iter(screen.watch(0.05)))
print(run.supervisor_pid, run.session_folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    """Start a run from a process that then waits."""
    graph = tmp_path / "graph.yaml"
    graph.write_text(GRAPH, encoding="utf-8")
    started = []

    def act(how):
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(graph), str(tmp_path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        pid, folder = starter.stdout.readline().split(maxsplit=1)
        started.append((starter, psutil.Process(int(pid))))
        return *started[-1], SessionFolder(folder.strip())

    yield act
    for starter, supervisor in started:
        starter.kill()
        starter.communicate()
        if supervisor.is_running():
            supervisor.terminate()
            psutil.wait_procs([supervisor], timeout=20)


def test_a_tied_run_ends_when_its_starter_is_killed(start):
    starter, supervisor, folder = start("tied")
    starter.kill()
    _, alive = psutil.wait_procs([supervisor], timeout=20)
    lines = read_audit(folder.audit)

    assert alive == []
    assert "run_finished" in [line.kind for line in lines]
    assert verify(folder).verdict == "ok"


def test_any_other_run_outlives_its_starter(start):
    starter, supervisor, folder = start("free")
    starter.kill()
    starter.wait()
    _, alive = psutil.wait_procs([supervisor], timeout=1)

    assert alive == [supervisor]
    assert "stop_requested" not in [line.kind for line in read_audit(folder.audit)]
