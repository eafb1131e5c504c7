"""A run that is killed leaves whole files only, and the next one completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import h5py
import pandas as pd
import psutil
import pytest

from ranvier.analysis.pipeline import RunOptions, run_study

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
TABLES = ("metadata/sessions.pqt", "data/qc_photometry.pqt", "data/performance.pqt")


def start(study, workers):
    command = [sys.executable, "-m", "ranvier", "analyse", "run", str(study)]
    return subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_until(happens, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        if process.poll() is not None:
            return
        time.sleep(0.005)


def list_h5(study):
    folder = study / "data" / "sessions"
    return list(folder.glob("*.h5")) if folder.is_dir() else []


def check_whole(study):
    for path in list_h5(study):
        with h5py.File(path) as file:
            assert "metadata" in file
    for path in [*study.glob("metadata/*.pqt"), *study.glob("data/*.pqt")]:
        pd.read_parquet(path)


def read_tables(study):
    tables = {}
    for name in TABLES:
        frame = pd.read_parquet(study / name)
        keys = [key for key in ("eid", "brain_region", "band") if key in frame]
        simple = frame.drop(columns=[c for c in frame if c.startswith("datasets")])
        order = frame[keys].astype(str).agg(" ".join, axis=1).argsort(kind="stable")
        tables[name] = simple.iloc[order].astype(str).reset_index(drop=True)
    return tables


@pytest.fixture(scope="module")
def expected(raw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "one").symlink_to(raw)
    (folder / "study.yaml").write_text(
        "ranvier_study: 1\nname: short\nsessions:\n  - alf: one\n"
        "parameters:\n  task: {min_trials: 10}\n"
    )
    run_study(folder, RunOptions(n_workers=1))
    return read_tables(folder)


def check_completed(study, expected):
    left = [path for path in study.rglob(".*") if path.name.count(".") > 2]
    check_whole(study)
    report = run_study(study, RunOptions(n_workers=1))

    assert report.n_failed == 0
    assert len(list_h5(study)) == 3
    assert [path for path in left if path.exists()] == []
    for name, table in read_tables(study).items():
        pd.testing.assert_frame_equal(expected[name], table)
    assert run_study(study, RunOptions(n_workers=1)).is_nothing_done


@pytest.mark.parametrize("n_written", [0, 1, 2, 3])
def test_the_whole_run_is_killed(study, expected, n_written):
    process = start(study, 2)
    wait_until(lambda: len(list_h5(study)) >= n_written, process)
    family = [psutil.Process(process.pid)] if process.poll() is None else []
    family += family[0].children(recursive=True) if family else []
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=20)

    assert alive == []
    check_completed(study, expected)


def is_worker(process):
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it went while it was looked at
        return False


def test_a_worker_is_killed(study, expected):
    """The session in its hands is done once more, and the run comes to its end."""
    process = start(study, 2)
    parent = psutil.Process(process.pid)

    def list_workers():
        return [each for each in parent.children(recursive=True) if is_worker(each)]

    wait_until(lambda: len(list_workers()) >= 1, process)
    for worker in list_workers()[:1]:
        worker.kill()

    assert process.wait(90) == 0
    assert len(list_h5(study)) == 3
    check_completed(study, expected)


def test_ctrl_c_ends_the_run_and_its_workers(study, expected):
    process = start(study, 2)
    wait_until(lambda: len(list_h5(study)) >= 1, process)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)

    assert process.wait(30) != 0
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    check_completed(study, expected)
