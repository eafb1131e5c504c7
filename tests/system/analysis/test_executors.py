"""Work of sessions in processes: what fails, or dies, is told, and the rest is done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import psutil
import pytest
from worker_tasks import raise_unportable, work

from ranvier.analysis.executors import PoolExecutor, SerialExecutor
from ranvier.core import AnalysisError

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]


@pytest.mark.parametrize("executor", [SerialExecutor(), PoolExecutor(2)])
def test_every_task_has_one_outcome(executor):
    outcomes = list(executor.map(work, [1, "raise", 3, 4]))

    assert sorted(each.index for each in outcomes) == [0, 1, 2, 3]
    assert {o.index: o.value for o in outcomes if not o.error} == {0: 2, 2: 6, 3: 8}
    assert [each.index for each in outcomes if each.error] == [1]


def test_a_worker_that_dies_fails_its_task_alone():
    outcomes = list(PoolExecutor(2).map(work, [*range(8), "die", *range(9, 14)]))
    failed = [each for each in outcomes if each.error]

    assert list(range(14)) == sorted(each.index for each in outcomes)
    assert [each.index for each in failed] == [8]
    assert isinstance(failed[0].error, AnalysisError)
    assert failed[0].error.code == "RV-A57"


PARENT = """
import sys
import threading
sys.path.insert(0, sys.argv[1])
from ranvier.analysis.executors import PoolExecutor
from waiting import wait
if __name__ == "__main__":
    list(PoolExecutor(2).map(wait, [sys.argv[2]] * 2))
"""
WAITING = """
import os, signal, pathlib, tempfile
def wait(folder):
    pathlib.Path(folder, str(os.getpid())).touch()
    signal.pause()
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "waiting.py").write_text(WAITING)
    (tmp_path / "parent.py").write_text(PARENT)
    seen = tmp_path / "seen"
    seen.mkdir()
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py"), str(tmp_path), str(seen)]
    )
    while len(list(seen.iterdir())) < 2:
        assert parent.poll() is None
        os.sched_yield()
    workers = [psutil.Process(int(path.name)) for path in seen.iterdir()]

    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs(workers, timeout=20)

    assert len(gone) == 2
    assert alive == []


def kill_first_child(seen):
    me = psutil.Process()
    while not seen.is_set():
        workers = [each for each in me.children() if is_worker(each)]
        for worker in workers[:1]:
            worker.kill()
            seen.set()


def is_worker(process):
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it went while it was looked at
        return False


def test_a_worker_that_dies_while_another_is_started_ends_nothing():
    seen = threading.Event()
    killer = threading.Thread(target=kill_first_child, args=(seen,))
    killer.start()
    outcomes = list(PoolExecutor(2).map(work, [1, 2, 3]))
    was_killed = seen.is_set()
    seen.set()
    killer.join()

    assert was_killed
    assert sorted((each.index, each.value) for each in outcomes) == [
        (0, 2),
        (1, 4),
        (2, 6),
    ]


def test_an_error_that_can_not_be_copied_is_told_in_words():
    (outcome,) = PoolExecutor(1).map(raise_unportable, ["a file"])

    assert str(outcome.error) == "UnportableError: lost a file"
    assert "raise_unportable" in str(outcome.error.__cause__)
