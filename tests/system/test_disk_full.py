"""A disk that fills up while a run records: said loudly, counted, survived."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest

from ranvier.recording import open_recording, verify

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(60),
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0,
        reason="a small disk of its own can only be mounted by root on Linux",
    ),
]

GRAPH = """
ranvier: 1
name: full
nodes:
  frames: {type: "NODES:Frames", parameters: {rate_hz: 200, size: 512, n: 600}}
  count: {type: "NODES:Count"}
links:
  - {from: frames.frame, to: count.x, policy: lossless}
record: [frames.frame]
"""


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "sessions"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=400m", "tmpfs", str(folder)]
    done = subprocess.run(["mount", *options], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no mount here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_stops_the_recording_but_not_the_run(rig, small_disk):
    run = rig.start(GRAPH)
    status = rig.wait_until(
        run, lambda s: any("disk" in notice for notice in s.notices)
    )
    finished = run.wait(30)

    assert status.state == "running"
    # 600 frames of 0.5 MB do not fit: that is an error someone must see.
    assert finished.reason == "completed"
    assert any("the recording lacks" in e["problem"] for e in finished.errors)
    assert "counted 600" in rig.audit(run, "note")[-1]["text"]
    report = verify(run.session_folder)
    assert report.verdict == "explained", report.describe()
    assert 0 < len(open_recording(run.session_folder)["frames.frame"]) < 600


def test_a_disk_without_any_space_fails_the_run_and_never_hangs_it(rig, small_disk):
    graph = GRAPH.replace("n: 600", "n: 900").replace("record: [frames.frame]", "")
    run = rig.start(graph)
    rig.wait_running(run)
    with (small_disk / "ballast").open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    for _ in range(3):
        with run.open_screen() as screen:
            screen.note("x" * 60_000)
    finished = run.wait(30)

    assert finished.reason == "failed"
    assert any("audit trail" in error["problem"] for error in finished.errors)
