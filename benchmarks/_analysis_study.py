"""Many sessions through all stages, and the analyses of the group, on two cores."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._analysis_shared import SharedRun, make_home
from benchmarks._analysis_study_run import AGAIN, COMMANDS, N_WORKERS, STAGES
from benchmarks._rounds import Benchmark, Candidate, Target

if TYPE_CHECKING:
    from benchmarks._rounds import Figures

WHOLE = "stages and group suite"
_LIMIT_S = 1200.0
_FIBRES = (
    ("DA", "VTA", "l"),
    ("DA", "SNc", "r"),
    ("5HT", "DR", ""),
    ("NE", "LC", "r"),
    ("ACh", "NBM", "l"),
)
_N_SUBJECTS = 40
_STUDY = """\
ranvier_study: 1
name: benchmark
sessions:
  - alf: one
subjects: subjects.csv
parameters:
  vocabulary:
    targets: {VTA: DA, SNc: DA, DR: 5HT, LC: NE, NBM: ACh}
    session_types: [training, biased, ephys]
"""
_ROOT = Path(__file__).resolve().parent.parent


class StudyRuns:
    """A study that is made once, and done from the beginning in each round.

    Parameters
    ----------
    scratch
        Where its folder is.
    n_sessions, n_trials, duration_s
        What is simulated.
    """

    def __init__(
        self, scratch: Path, n_sessions: int, n_trials: int, duration_s: float
    ) -> None:
        self._scratch = scratch
        self._size = (n_sessions, n_trials, duration_s)

    def run(self) -> dict[str, Figures]:
        """Do the study, and give each lap, and the sum of all but the second run."""
        laps = self._do(self._folder)
        first = [lap for name, lap in laps.items() if name != AGAIN]
        return laps | {WHOLE: {key: sum(lap[key] for lap in first) for key in first[0]}}

    def _do(self, folder: Path) -> dict[str, Figures]:
        path = folder / "laps.json"
        module = "benchmarks._analysis_study_run"
        command = [sys.executable, "-m", module, str(folder), str(path)]
        done = subprocess.run(command, cwd=_ROOT, timeout=_LIMIT_S, check=False,
                              capture_output=True, text=True)  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        return json.loads(path.read_text())

    @cached_property
    def _home(self) -> Path:
        return make_home(self._scratch)

    @cached_property
    def _folder(self) -> Path:
        # A small study first: it fills the bytecode of all that is imported.
        small = self._home / "small"
        make_study(small, 4, 120, 600.0)
        self._do(small)
        folder = self._home / "study"
        make_study(folder, *self._size)
        return folder


def make_study(folder: Path, n_sessions: int, n_trials: int, duration_s: float) -> None:
    """Simulate a study: five targets, eight subjects each, one region a session."""
    folder.mkdir(exist_ok=True)
    (folder / "study.yaml").write_text(_STUDY)
    lines = [f"{_name(n)},{_FIBRES[n % 5][0]}" for n in range(_N_SUBJECTS)]
    (folder / "subjects.csv").write_text("\n".join(["subject,NM", *lines]) + "\n")
    make = partial(_make_session, folder, n_trials, duration_s)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(N_WORKERS, spawn) as pool:
        list(pool.map(make, range(n_sessions)))


def _make_session(folder: Path, n_trials: int, duration_s: float, number: int) -> None:
    from ranvier.analysis.files import write_alf_session
    from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session

    subject, day = number % _N_SUBJECTS, number // _N_SUBJECTS + 1
    nm, region, hemisphere = _FIBRES[subject % 5]
    session = simulate_session(
        number,
        subject_seed=subject,
        task=ChoiceTask(n_trials=n_trials, duration_s=duration_s),
        fibres=(Fibre(region, hemisphere, "G0"),),
        nm=nm,
    )
    write_alf_session(
        session,
        folder / "one",
        subject=_name(subject),
        start_time=f"2024-01-{day:02d}T10:00:00",
    )


def _name(subject: int) -> str:
    return f"{_FIBRES[subject % 5][0]}-{subject + 1:02d}"


def build_study(scratch: Path, *, is_quick: bool) -> Benchmark:
    """Describe the benchmark of a study."""
    size = (10, 120, 600.0) if is_quick else (100, 700, 3600.0)
    runs = StudyRuns(scratch, *size)
    rows = {WHOLE: WHOLE, STAGES: f"· {STAGES}"}
    rows |= {name: f"· analyse {name.replace('_', '-')}" for name in COMMANDS}
    rows[AGAIN] = AGAIN
    shared = SharedRun([*rows], runs.run)
    return Benchmark(
        "analysis_study",
        "A study",
        f"{size[0]} simulated sessions of {size[2] / 60:g} min and {size[1]} trials, "
        f"one region each, of 5 targets and {_N_SUBJECTS} subjects: from raw files "
        f"through all stages with {N_WORKERS} workers, then the commands of the group "
        "one after the other in one process, tables and figures included, and at last "
        "the stages once more, with nothing new. CPU: that process and its workers, "
        "imports included. “Not done”: parts that the data are too few for.",
        [
            Candidate(row, lambda name=name: shared.measure(name))
            for name, row in rows.items()
        ],
        {"wall": "s", "CPU": "s", "files": "", "not done": ""},
        "",
        [
            Target(
                f"{size[0]} sessions and the group suite, wall, "
                f"on {os.cpu_count()} cores",
                lambda rounds: rounds.get(WHOLE, "wall"),
                90.0,
                unit="s",
            )
        ],
    )
