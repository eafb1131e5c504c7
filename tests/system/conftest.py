"""Real runs for the system tests: started from a graph text, watched, swept."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from ranvier.audit import read_audit
from ranvier.runtime import RunRequest, start_run

NODES = Path(__file__).with_name("misbehaving.py")


class Rig:
    """Starts runs in a folder of their own and knows what they must leave."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = []

    def start(self, graph, **request):
        """Start a graph; "NODES:" in it stands for the file of test nodes."""
        path = self.folder / f"graph{len(self.runs)}.yaml"
        path.write_text(graph.replace("NODES:", f"{NODES}:"))
        parent = str(self.folder / "sessions")
        run = start_run(RunRequest(str(path), parent, by="test", **request))
        self.runs.append(run)
        return run

    def wait_until(self, run, is_so, limit_s=15.0):
        """Watch the run until its status is so; give that status."""
        deadline = time.monotonic() + limit_s
        last = None
        with run.open_screen() as screen:
            for status in screen.watch(0.05):
                last = status
                if is_so(status):
                    return status
                if time.monotonic() > deadline:
                    break
        pytest.fail(f"never so: {last}")

    def wait_running(self, run):
        return self.wait_until(run, lambda status: status.state == "running")

    def audit(self, run, kind):
        """Give the lines of one kind from the run's audit trail."""
        lines = read_audit(run.session_folder / "audit.jsonl")
        return [line.fields for line in lines if line.kind == kind]

    def pids(self, run):
        """Give all processes of a run: the supervisor and what descends from it."""
        try:
            top = psutil.Process(run.supervisor_pid)
            return [top.pid, *(p.pid for p in top.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    def wait_gone(self, pids, limit_s=5.0):
        """Wait until none of the processes is there; give those that still are."""
        deadline = time.monotonic() + limit_s
        while True:
            left = [pid for pid in pids if _lives(pid)]
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.01)

    def leftovers(self, run):
        """Give what a run left in shared memory and in the folder of runs."""
        shared = list(Path("/dev/shm").glob(f"{run.folder.prefix}*"))
        return shared + ([run.folder.path] if run.folder.path.exists() else [])


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    for run in rig.runs:
        for pid in rig.pids(run):
            try:
                psutil.Process(pid).kill()
            except psutil.NoSuchProcess:
                continue
        run.folder.sweep()
        run.close()
