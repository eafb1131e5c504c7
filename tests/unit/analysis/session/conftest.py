"""A short simulated session, and a place that gives it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import compute_trial_contrasts
from ranvier.analysis.faults import MissingRawData
from ranvier.analysis.readers import RawFrames, RawPhotometry, Source
from ranvier.analysis.session import PhotometrySession
from ranvier.sim.choice_task import ChoiceTask
from ranvier.sim.photometry_session import Fibre, simulate_session

ROW = {
    "eid": "s1",
    "subject": "m1",
    "start_time": "2024-11-05T14:03:22",
    "session_type": "biased",
    "NM": "DA",
    "brain_region": ["VTA-l", "SNc-r"],
    "hemisphere": ["l", "r"],
    "target_NM": ["VTA-DA", "SNc-DA"],
}
COLORS = {1: "Violet", 2: "Blue"}
BANDS = {1: "Isosbestic", 2: "GCaMP"}


class FakeSource:
    """Holds what a place would read."""

    def __init__(self, session, trials=None):
        self.session = session
        self.trials = trials if trials is not None else make_trials(session)
        self.names = [fibre.region for fibre in session.fibres]

    def load_trials(self):
        return self.trials

    def load_photometry(self, pre=-5.0, post=5.0):
        kept = slice(1, None)
        times = self.session.frame_times[kept]
        states = self.session.led_states[kept]
        bands = {}
        for state, band in BANDS.items():
            lit = states == state
            index = pd.Index(times[lit], name="times")
            values = self.session.signals[kept][lit]
            bands[band] = pd.DataFrame(values, index, self.names)
        frames = RawFrames(times, np.array([COLORS[state] for state in states]))
        return RawPhotometry(bands, Source("sim", "", "", 30.0, "a.u.", ""), frames)

    def load_wheel(self):
        if self.session.wheel_times.size == 0:
            raise MissingRawData("no wheel.")
        return self.session.wheel_times, self.session.wheel_positions

    def list_datasets(self):
        return []

    def read_metadata(self):
        return dict(ROW)


def make_trials(session):
    return compute_trial_contrasts(pd.DataFrame(session.trials.columns))


@pytest.fixture(scope="session")
def simulated():
    task = ChoiceTask(n_trials=60, duration_s=420.0)
    fibres = (Fibre("VTA", "l", "G0"), Fibre("SNc", "r", "G1"))
    return simulate_session(3, task=task, fibres=fibres)


@pytest.fixture
def session(simulated):
    return PhotometrySession(ROW, FakeSource(simulated))


@pytest.fixture
def loaded(session):
    session.load_trials()
    session.load_photometry()
    return session
