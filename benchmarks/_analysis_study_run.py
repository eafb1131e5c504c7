"""A study from raw files to group results, in a process of its own, lap by lap.

`python -m benchmarks._analysis_study_run FOLDER LAPS.json`
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

N_WORKERS = 2
STAGES, AGAIN = "all stages", "the stages again"
COMMANDS = (
    "responses",
    "movement_encoding",
    "task_encoding",
    "task_performance",
    "qc_overview",
    "methods",
)
_MADE = (".ranvier", "metadata", "data", "results", "figures")


def main(folder: Path, path: Path) -> None:
    """Run all, and keep wall and CPU time of each lap, s."""
    laps: dict[str, dict[str, float]] = {}
    for name in _MADE:
        shutil.rmtree(folder / name, ignore_errors=True)
    _lap(laps, STAGES, lambda: _run_stages(folder))
    for command in COMMANDS:
        _lap(laps, command, lambda command=command: _run_command(folder, command))
    _lap(laps, AGAIN, lambda: _run_stages(folder))
    path.write_text(json.dumps(laps))


def _lap(laps: dict[str, Any], name: str, act: Callable[[], dict[str, float]]) -> None:
    wall, cpu = time.monotonic(), _count_cpu()
    told = act()
    laps[name] = {"wall": time.monotonic() - wall, "CPU": _count_cpu() - cpu} | told


def _run_stages(folder: Path) -> dict[str, float]:
    from ranvier.analysis.pipeline import RunOptions, run_study

    report = run_study(folder, RunOptions(n_workers=N_WORKERS))
    failed = sum(stage.n_failed for stage in report.stages)
    if failed or report.faults:
        # A study that fails is quick: its time would say nothing.
        first = report.faults[0]["error_message"] if report.faults else "no fault told"
        raise RuntimeError(f"{failed} stages of sessions failed: {first}")
    return {"files": len(report.files), "not done": 0}


def _run_command(folder: Path, command: str) -> dict[str, float]:
    from ranvier.analysis import studies
    from ranvier.analysis.parameters import read_study

    parameters = read_study(folder / "study.yaml").parameters
    found = getattr(studies, f"analyse_{command}")(folder, parameters)
    return {"files": len(found.written), "not done": len(found.faults)}


def _count_cpu() -> float:
    # Of this process, and of the workers that it has seen end.
    used = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    each = [resource.getrusage(who) for who in used]
    return sum(one.ru_utime + one.ru_stime for one in each)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
