"""One session from its raw files into its HDF5: CPU time of each step, and in all."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._analysis_plain_session import EVENTS, process_session
from benchmarks._analysis_shared import SharedRun, make_home
from benchmarks._rounds import Benchmark, Candidate, Figures, Target

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = "a session"
COMPAT = "a session, numbers of the pipeline"
PLAIN = "the same: pandas, scipy, h5py"
STEPS = {
    "trials": ("load_trials",),
    "photometry, read": ("load_photometry",),
    "checks": (
        "validate_n_trials",
        "validate_event_completeness",
        "validate_block_structure",
        "validate_trials_in_photometry_time",
    ),
    "raw QC": ("run_raw_qc", "validate_qc"),
    "sliding QC": ("run_sliding_qc", "validate_few_unique_samples"),
    "preprocessing": ("preprocess",),
    "responses": ("extract_responses",),
    "wheel": ("load_wheel", "extract_wheel_velocity"),
    "performance": ("basic_performance", "block_performance"),
    "HDF5, written": ("save_h5",),
}


class SessionRuns:
    """A session in a folder of its own, that is processed again and again.

    Parameters
    ----------
    scratch
        Where the folder is.
    n_trials, duration_s
        What is simulated.
    """

    def __init__(self, scratch: Path, n_trials: int, duration_s: float) -> None:
        self._scratch, self._task = scratch, (n_trials, duration_s)

    def measure_steps(self) -> dict[str, Figures]:
        """Run once, and give each step."""
        steps = self._run(None)[0]
        whole = sum(steps.values())
        return {
            name: {"CPU": 1e3 * spent, "share": 100 * spent / whole}
            for name, spent in steps.items()
        }

    def measure_whole(self) -> Figures:
        """Run once, with the parameters as they are shipped."""
        return {"CPU": 1e3 * sum(self._run(None)[0].values())}

    def measure_compat(self) -> Figures:
        """Run once, with those that give the pipeline's numbers."""
        steps, _ = self._run(self._parameters)
        return {"CPU": 1e3 * sum(steps.values()), "difference": self._difference}

    def measure_plain(self) -> Figures:
        """Run once the straightforward way."""
        folder = self._folder
        began = time.process_time()
        process_session(folder, self._make_path())
        return {"CPU": 1e3 * (time.process_time() - began)}

    @cached_property
    def _home(self) -> Path:
        return make_home(self._scratch)

    @cached_property
    def _folder(self) -> Path:
        from ranvier.analysis.files import write_alf_session
        from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session

        places = (("VTA", "l"), ("DR", "r"), ("LC", "l"))
        fibres = tuple(Fibre(*where, f"G{n}") for n, where in enumerate(places))
        n_trials, duration_s = self._task
        task = ChoiceTask(n_trials=n_trials, duration_s=duration_s)
        session = simulate_session(1, task=task, fibres=fibres)
        folder = write_alf_session(
            session, self._home, subject="m1", start_time="2024-11-05T14:03:22"
        )
        self._process(folder, None)  # pays for imports, once
        return folder

    @cached_property
    def _parameters(self) -> Any:
        from ranvier.analysis.parameters import COMPAT_IBLNM

        return COMPAT_IBLNM

    @cached_property
    def _difference(self) -> float:
        _, session = self._process(self._folder, self._parameters)
        return compare_sessions(
            session, process_session(self._folder, self._make_path())
        )

    def _run(self, parameters: Any) -> tuple[dict[str, float], Any]:
        return self._process(self._folder, parameters)

    def _process(self, folder: Path, parameters: Any) -> tuple[dict[str, float], Any]:
        from ranvier.analysis.session import PhotometrySession

        path = self._make_path()
        began = time.process_time()
        session = PhotometrySession.from_alf(folder, parameters=parameters)
        spent: dict[str, float] = {}
        for name, methods in STEPS.items():
            for method in methods:
                act = getattr(session, method)
                act(path) if method == "save_h5" else act()
            now = time.process_time()
            spent[name], began = now - began, now
        return spent, session

    def _make_path(self) -> Path:
        path = self._home / "session.h5"
        path.unlink(missing_ok=True)
        return path


def compare_sessions(session: Any, plain: dict[str, Any]) -> float:
    """Largest difference of signals, responses, wheel and, relatively, QC metrics."""
    from ranvier.analysis.qc import SLIDING_METRICS

    apart = [0.0]
    signal = session.photometry["GCaMP_preprocessed"]
    for region, part in plain["regions"].items():
        apart.append(_differ(signal[region].to_numpy(), part["signal"]))
        for event in EVENTS:
            ours = session.responses[region].sel(event=event).to_numpy()
            apart.append(_differ(ours, part["responses"][event]))
    apart.append(_differ(session.wheel_velocity, plain["velocity"]))
    qc = session.qc.set_index(["band", "brain_region"])
    for band, table in plain["qc"].items():
        for region, row in zip(plain["regions"], table, strict=True):
            ours = qc.loc[(band, region), [*SLIDING_METRICS]].to_numpy(np.float64)
            apart.append(_differ(ours / row, np.ones(len(row))))
    return max(apart)


def _differ(one: Any, other: Any) -> float:
    if one.shape != other.shape or (np.isnan(one) != np.isnan(other)).any():
        return float("inf")
    return float(np.nanmax(np.abs(one - other)))


def build_session(scratch: Path, *, is_quick: bool) -> Benchmark:
    """Describe the benchmark of one session."""
    task = (120, 600.0) if is_quick else (700, 3600.0)
    runs = SessionRuns(scratch, *task)
    rows = [
        Candidate(WHOLE, runs.measure_whole),
        Candidate(COMPAT, runs.measure_compat),
        Candidate(PLAIN, runs.measure_plain, floor=COMPAT),
    ]
    steps = SharedRun([*STEPS], runs.measure_steps)
    rows += [
        Candidate(f"· {name}", lambda name=name: steps.measure(name)) for name in STEPS
    ]
    return Benchmark(
        "analysis_session",
        "One session, raw to HDF5",
        f"A simulated session of {task[1] / 60:g} min, 3 regions, 2 bands at 30 Hz "
        f"each, {task[0]} trials, from its ALF folder to `{{eid}}.h5`, in a process "
        "that did one before. Rows with a dot are the steps of one such run. The "
        "straightforward way does the same with pandas, scipy and h5py, windows cut "
        "once for all metrics; its numbers are compared with ours under "
        "`COMPAT_IBLNM`.",
        rows,
        {"CPU": "ms", "share": "%", "difference": ""},
        "CPU",
        [
            Target(
                "CPU time of a session",
                lambda rounds: [v / 1e3 for v in rounds.get(WHOLE, "CPU")],
                0.7,
                unit="s",
            ),
            Target(
                "largest difference of signals, responses, wheel; of QC, relatively",
                lambda rounds: rounds.get(COMPAT, "difference"),
                1e-6,
            ),
        ],
    )
