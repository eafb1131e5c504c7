"""A study of three short sessions; its raw files are made once."""

from __future__ import annotations

import shutil

import pytest

from ranvier.analysis.files import write_alf_session
from ranvier.sim.choice_task import ChoiceTask
from ranvier.sim.photometry_session import simulate_session

STUDY = """\
ranvier_study: 1
name: short
sessions:
  - alf: one
parameters:
  task: {min_trials: 10}
"""


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    root = tmp_path_factory.mktemp("raw") / "one"
    for i, subject in enumerate(["A01", "A02", "A03"]):
        task = ChoiceTask(kind="training", n_trials=24, duration_s=240.0)
        session = simulate_session(i, subject_seed=i, task=task)
        start = f"2024-01-0{i + 1}T10:00:00"
        write_alf_session(session, root, subject=subject, start_time=start)
    return root


@pytest.fixture
def study(raw, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copytree(raw, folder / "one", copy_function=shutil.copy2)
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    return folder
