"""What a session costs until its acquisition begins, and what its metadata cost.

The shipped example: parameters, rig, checks, a worktree of the task's repository (there
already, as on any day but the first), a weight, a step of the task in a process of its
own. Beside it the floor: Python alone, and git alone for the same questions.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks._rounds import Benchmark, Candidate, Figures, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks._rounds import Rounds
    from benchmarks._scale import Scale

_MB = 1e6
_START = "to its acquisition"
_WRITE = "metadata of a session"
_WRITER = """\
import json, sys, time
from pathlib import Path
from ranvier.session.metadata import write_metadata
from ranvier.session.record import read_record
record = read_record(Path(sys.argv[1]))
before = time.process_time()
write_metadata(Path(sys.argv[2]), record)
print(json.dumps(time.process_time() - before))
"""


def build(scale: Scale) -> Benchmark:
    """Describe the benchmark."""
    del scale  # a session is as short in haste
    # Kept until the process ends: the first round makes the worktree.
    home = tempfile.TemporaryDirectory(prefix="ranvier-bench-")
    folder = Path(home.name) / "rig"
    python = Candidate(
        "`python -c 'import psutil'`", lambda: _measure_child(["-c", "import psutil"])
    )

    def start() -> Figures:
        assert home.name
        return measure_start(folder)

    return Benchmark(
        "session_start",
        "Starting a session",
        "From the command to the first line of the stand-in Bonsai; CPU of the "
        "launcher, and of the launcher with git, steps and all else it waited for; "
        "resident memory of the launcher then.",
        [
            Candidate(_START, start, floor=python.name),
            Candidate(_WRITE, lambda: measure_metadata(folder)),
            python,
        ],
        {"CPU": "s", "CPU of all": "s", "memory": "MB"},
        "CPU",
        [
            Target(f"{_START}, CPU of all", _get(_START, "CPU of all"), 1.0, unit="s"),
            Target(f"{_START}, memory", _get(_START, "memory"), 60.0, unit="MB"),
            Target(f"{_WRITE}, CPU", _get(_WRITE, "CPU"), 0.2, unit="s"),
        ],
    )


def _get(name: str, column: str) -> Callable[[Rounds], list[float]]:
    return lambda rounds: rounds.get(name, column)


def measure_start(folder: Path) -> Figures:
    """Hold a session and look at its launcher when the program has begun."""
    if not folder.exists():
        _run("session", "new", str(folder))
        path = folder / "first_session.json"
        text = path.read_text(encoding="utf-8").replace(
            '"Trials": 20', '"Trials": 2000'
        )
        path.write_text(text, encoding="utf-8")
        measure_start(folder)  # makes the worktree
    process = subprocess.Popen(
        [sys.executable, "-m", "ranvier", *_ARGUMENTS],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        session = _wait_for_program(process, folder)
        launcher = psutil.Process(process.pid)
        times, memory = launcher.cpu_times(), launcher.memory_info().rss
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        process.stdout.close()
        process.wait(60)
    assert session.is_dir()
    own = times.user + times.system
    children = times.children_user + times.children_system
    return {"CPU": own, "CPU of all": own + children, "memory": memory / _MB}


_ARGUMENTS = (
    "session", "start", "first_session.json", "--rig", "rig.toml",
    "--answers", "answers.yaml",
)  # fmt: skip


def _wait_for_program(process: subprocess.Popen[str], folder: Path) -> Path:
    # The launcher says the folder in its first line; the program then writes its log.
    assert process.stdout is not None
    said = threading.Event()
    for line in process.stdout:
        if line.startswith("session "):
            session = folder / "sessions" / line.split()[1]
        if line.startswith("acquisition:"):
            log = session / "launcher_metadata" / "bonsai.stdout.log"
            while not (log.exists() and log.stat().st_size):
                assert process.poll() is None
                said.wait(0.005)
            return session
    raise AssertionError("the acquisition never began")


def measure_metadata(folder: Path) -> Figures:
    """Write the metadata of the last session once more, elsewhere."""
    if not folder.exists():
        measure_start(folder)
    sessions = sorted((folder / "sessions").glob("M001_*"))
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, "-c", _WRITER, str(sessions[-1]), place],
            check=True,
            capture_output=True,
            text=True,
        )
    return {"CPU": json.loads(done.stdout)}


def _measure_child(arguments: list[str]) -> Figures:
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True)
    after = os.times()
    used = after.children_user - before.children_user
    return {"CPU": used + after.children_system - before.children_system}


def _run(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "ranvier", *arguments], check=True, capture_output=True
    )
