"""What it costs to import the analysis floor, in fresh processes."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks._rounds import Benchmark, Candidate, Figures, Target

_FLOOR = "import pandas"
_STATEMENTS = (
    "import ranvier.analysis",
    "from ranvier.analysis.session import PhotometrySession",
    _FLOOR,
)
_CODE = """\
import json, time
wall, cpu = time.perf_counter(), time.process_time()
{}
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def measure_import(statement: str, warm: set[str]) -> Figures:
    """Import in a fresh process; before the first time, in one that is not counted."""
    if statement not in warm:
        warm.add(statement)
        measure_import(statement, warm)
    done = subprocess.run([sys.executable, "-c", _CODE.format(statement)], check=True,
                          capture_output=True, text=True)  # fmt: skip
    wall, cpu = json.loads(done.stdout)
    return {"wall": wall, "CPU": cpu}


def build_import() -> Benchmark:
    """Describe the benchmark of imports."""
    warm: set[str] = set()

    def name_measure(statement: str) -> Candidate:
        floor = "" if statement == _FLOOR else _FLOOR
        return Candidate(
            f"`{statement}`",
            lambda: measure_import(statement, warm),
            floor=f"`{floor}`" if floor else "",
        )

    return Benchmark(
        "analysis_import",
        "Import",
        "Each in a fresh process, its bytecode made before; beside pandas alone.",
        [name_measure(statement) for statement in _STATEMENTS],
        {"wall": "s", "CPU": "s"},
        "CPU",
        [
            Target(
                f"`{statement}`",
                lambda rounds, name=f"`{statement}`": rounds.get(name, "wall"),
                1.0,
                unit="s",
            )
            for statement in _STATEMENTS
            if statement != _FLOOR
        ],
    )
