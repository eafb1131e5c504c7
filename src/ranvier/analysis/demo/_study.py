"""The study of the demonstration: real recordings, and simulated ones beside them."""

from __future__ import annotations

import csv
import importlib.resources
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.files import write_alf_session
from ranvier.core import AnalysisError, SilentReporter, write_atomically
from ranvier.sim.choice_task import ChoiceTask
from ranvier.sim.photometry_session import Fibre, simulate_session

if TYPE_CHECKING:
    from pathlib import Path

    from ranvier.core import Reporter

_AKAM = "m53_NAc_L-2019-11-24-093939.ppd"
_CUES = "reward_cue_times.npy"
_CUE_EVENTS = """\
  responses:
    events: [stimOn_times, firstMovement_times, feedback_times, cue_times]
"""
_TASK = ChoiceTask(kind="biased", n_trials=400, duration_s=2400.0)


@dataclass(frozen=True)
class DemoSubject:
    """A simulated subject.

    Parameters
    ----------
    name
        Of the subject.
    nm
        Its neuromodulator.
    fibres
        What is recorded from.
    """

    name: str
    nm: str
    fibres: tuple[Fibre, ...]


def _cast() -> tuple[DemoSubject, ...]:
    targets = {
        "DA": (Fibre("VTA", "l", "G0"), Fibre("SNc", "r", "G1")),
        "5HT": (Fibre("DR", "", "G0"),),
        "NE": (Fibre("LC", "r", "G0"),),
        "ACh": (Fibre("NBM", "l", "G0"),),
    }
    return tuple(
        DemoSubject(f"{nm}-{i + 1:02d}", nm, fibres)
        for i in range(3)
        for nm, fibres in targets.items()
    )


def make_demo_study(
    folder: Path,
    *,
    n_simulated: int = 20,
    data: Path | None = None,
    reporter: Reporter | None = None,
) -> None:
    """Make the study: copy the real recordings, simulate the others.

    What is there already stays as it is, so that the study can be changed and run
    again.

    Parameters
    ----------
    folder
        Of the study; it is made.
    n_simulated
        Simulated sessions.
    data
        A folder with further recordings, that are used where they lie: pyPhotometry's
        file of Akam's lab, and the times of its cues.
    reporter
        Is told how far it is.

    Raises
    ------
    AnalysisError
        RV-A94 if `data` lacks these, or files can't be written.
    """
    tell = reporter or SilentReporter()
    _copy_shipped(folder)
    cast = _cast()
    subjects = [{"subject": each.name, "NM": each.nm} for each in cast]
    _write_csv(folder / "subjects.csv", [*subjects, *_real_subjects(data)])
    if data is not None:
        _add_akam(folder, data)
    for i in range(n_simulated):
        subject = cast[i % len(cast)]
        day = i // len(cast) + 1
        place = folder / "one" / "simlab" / "Subjects" / subject.name
        if not place.joinpath(f"2024-01-{day:02d}").exists():
            session = simulate_session(
                i,
                subject_seed=i % len(cast),
                task=_TASK,
                fibres=subject.fibres,
                nm=subject.nm,
            )
            write_alf_session(
                session,
                folder / "one",
                subject=subject.name,
                start_time=f"2024-01-{day:02d}T10:00:00",
            )
        tell.advance("simulate", i + 1, n_simulated)


def _copy_shipped(folder: Path) -> None:
    shipped = importlib.resources.files("ranvier") / "examples" / "photometry"
    with importlib.resources.as_file(shipped) as source:
        for path in sorted(source.rglob("*")):
            copy = folder / path.relative_to(source)
            if path.is_file() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


def _real_subjects(data: Path | None) -> list[dict[str, str]]:
    # Of those whose neuromodulator is known; of the fourth nothing is.
    known = [{"subject": "CQ002", "NM": "ACh"}, {"subject": "ZFM-06275", "NM": ""}]
    return known if data is None else [*known, {"subject": "m53", "NM": "DA"}]


def _add_akam(folder: Path, data: Path) -> None:
    recording, cues = data / _AKAM, data / _CUES
    missing = [path.name for path in (recording, cues) if not path.is_file()]
    if missing:
        raise AnalysisError(
            f"{data} has no {' and no '.join(missing)}.",
            code="RV-A94",
            wanted="a folder with both files",
            mend="correct --data, or leave it out",
        )
    study = folder / "study.yaml"
    text = study.read_text("utf-8")
    if "cue_times" not in text:
        write_atomically(study, text + _CUE_EVENTS)
    times = np.load(cues, allow_pickle=False)
    path = folder / "files" / "m53_cues.csv"
    if not path.exists():
        text = "cue_times\n" + "".join(f"{time:.6f}\n" for time in times)
        write_atomically(path, text)
    table = folder / "sessions.csv"
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["subject"] != "m53"]
    rows.append(
        {
            "subject": "m53",
            "start_time": "2019-11-24T09:39:39",
            "path": str(recording.resolve()),
            "format": "ppd",
            "trials": "files/m53_cues.csv",
            "brain_region": "NAc",
            "hemisphere": "l",
            "NM": "DA",
        }
    )
    _write_csv(table, rows)


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    names = [*dict.fromkeys(name for row in rows for name in row)]
    lines = [",".join(names)]
    lines += [",".join(row.get(name, "") for name in names) for row in rows]
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text("utf-8") != text:
        write_atomically(path, text)
