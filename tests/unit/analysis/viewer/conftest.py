"""A short simulated session, and a study with three of them."""

from __future__ import annotations

import pandas as pd
import pytest

from ranvier.analysis.files import SESSION_SCHEMA, write_alf_session, write_table
from ranvier.analysis.session import PhotometrySession
from ranvier.sim.choice_task import ChoiceTask
from ranvier.sim.photometry_session import Fibre, simulate_session


@pytest.fixture(scope="session")
def alf(tmp_path_factory):
    task = ChoiceTask(n_trials=20, duration_s=180.0, margin_s=20.0)
    fibres = (Fibre("VTA", "l", "G0"), Fibre("SNc", "r", "G1"))
    simulated = simulate_session(3, task=task, fibres=fibres)
    return write_alf_session(
        simulated,
        tmp_path_factory.mktemp("alf"),
        subject="m1",
        start_time="2024-11-05T14:03:22",
    )


def compute(folder):
    session = PhotometrySession.from_alf(folder)
    session.load_trials()
    session.load_photometry()
    session.run_sliding_qc()
    session.preprocess()
    session.extract_responses()
    return session


@pytest.fixture(scope="session")
def computed(alf):
    return compute(alf)


@pytest.fixture(scope="session")
def h5(computed, tmp_path_factory):
    return computed.save_h5(tmp_path_factory.mktemp("kept") / f"{computed.eid}.h5")


@pytest.fixture
def session(h5):
    """As its file holds it, without raw bands."""
    return PhotometrySession.from_h5(h5, source=None)


@pytest.fixture
def study(tmp_path, alf, computed, h5):
    """Three sessions: one with its file, one whose file is damaged, one without."""
    root = alf.parents[4]
    text = f"ranvier_study: 1\nname: t\nsessions:\n  - alf: {root.as_posix()}\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "data" / "sessions").mkdir(parents=True)
    kept = tmp_path / "data" / "sessions" / h5.name
    kept.write_bytes(h5.read_bytes())
    kept.with_name("s2.h5").write_bytes(h5.read_bytes()[:5000])
    whole = computed.to_dict()
    rows = [
        whole,
        {**whole, "eid": "s2", "start_time": "2024-11-06T10:00:00"},
        {**whole, "eid": "s3", "subject": "m2"},
    ]
    path = tmp_path / SESSION_SCHEMA.path
    write_table(pd.DataFrame(rows), path, SESSION_SCHEMA)
    return tmp_path
