"""A small study with known effects: twelve sessions, written once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ranvier.analysis.files import PhotometryPart, WheelPart, write_session_h5
from ranvier.analysis.group import GroupTables, PhotometrySessionGroup
from ranvier.analysis.parameters import AnalysisParameters

EVENTS = ["stimOn_times", "firstMovement_times", "feedback_times"]
CONTRASTS = [100.0, 25.0, 0.0]
T = np.arange(-10, 10) / 10
N_TRIALS = 48


def make_trials(rng, n_trials=N_TRIALS):
    on = 5.0 + 6.0 * np.arange(n_trials)
    reaction, movement = rng.uniform(0.4, 0.9, (2, n_trials))
    place = rng.permutation(n_trials)  # balanced, in any order
    contrast = np.array(CONTRASTS)[place % 3]
    side = np.array(["left", "right"])[place // 3 % 2]
    is_right = place // 6 % 2 == 0
    chose_right = (side == "right") == is_right
    return pd.DataFrame(
        {
            "stimOn_times": on,
            "firstMovement_times": on + reaction,
            "feedback_times": on + reaction + movement,
            "response_times": on + reaction + movement,
            "choice": np.where(chose_right, -1.0, 1.0),
            "feedbackType": np.where(is_right, 1.0, -1.0),
            "probabilityLeft": 0.5,
            "signed_contrast": np.where(side == "right", contrast, -contrast),
            "contrast": contrast,
            "stim_side": side,
        }
    )


def make_responses(rng, trials, hemisphere, own, t=T, events=EVENTS):
    """Response = own + 0.6 reward + contrast / 100 + 0.8 contra, after the event."""
    contra = "left" if hemisphere == "r" else "right"
    size = (
        own
        + 0.6 * (trials["feedbackType"] == 1)
        + trials["contrast"] / 100
        + 0.8 * (trials["stim_side"] == contra)
    ).to_numpy()
    noise = rng.normal(0, 0.05, (len(events), len(trials), len(t)))
    values = size[None, :, None] * (t > 0) + noise
    coords = {"event": events, "trial": np.arange(len(trials)), "time": t}
    return xr.DataArray(values, coords, ("event", "trial", "time"))


def write_session(folder, number, subject, regions, hemispheres, nm, **changes):
    rng = np.random.default_rng(number)
    eid = f"s{number:02d}"
    trials = make_trials(rng)
    offset = 0.2 * int(subject[1:])
    photometry = PhotometryPart(
        responses={
            region: make_responses(rng, trials, side, offset + place, **changes)
            for place, (region, side) in enumerate(
                zip(regions, hemispheres, strict=True)
            )
        },
        rate_hz=10.0,
    )
    metadata = {
        "eid": eid,
        "subject": subject,
        "start_time": f"2024-03-{number + 1:02d}T10:00:00",
        "number": 1,
        "session_type": "biased",
        "lab": "lab-a" if number < 6 else "lab-b",
        "NM": nm,
        "brain_region": regions,
        "hemisphere": hemispheres,
        "target_NM": [f"{region}-{nm}" for region in regions],
    }
    speed = rng.uniform(1, 5, (N_TRIALS, 4)).astype(np.float32)
    write_session_h5(
        folder / f"{eid}.h5",
        {
            "metadata": metadata,
            "errors": [],
            "photometry": photometry,
            "trials": trials,
            "wheel": WheelPart(speed),
        },
    )
    return metadata


def write_study(folder):
    rows = []
    for number in range(12):
        subject = f"m{number % 4}"
        if number < 8:
            fibres = (["VTA", "SNc"], ["l", "r"], "DA")
        else:
            fibres = (["DR"], [""], "5HT")
        rows.append(write_session(folder, number, subject, *fibres))
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Folder of the files, and the catalogue; not to be written to."""
    folder = tmp_path_factory.mktemp("group") / "sessions"
    return folder, write_study(folder)


@pytest.fixture(scope="session")
def performance(study):
    _, catalog = study
    rng = np.random.default_rng(0)
    n = len(catalog)
    names = ("bias", "threshold", "lapse_left", "lapse_right")
    fits = {f"psych_50_{name}": rng.uniform(0, 20, n) for name in names}
    return pd.DataFrame(
        {
            "eid": catalog["eid"],
            "fraction_correct": np.linspace(0.5, 0.94, n),
            "contrasts": [CONTRASTS] * (n - 1) + [[0.0, 100.0]],
            **fits,
        }
    )


@pytest.fixture(scope="session")
def settings():
    return AnalysisParameters.model_validate(
        {
            "statistics": {
                "min_trials": 6,
                "n_permutations": 20,
                "contrast_coding": "log2",
            },
            "responses": {"magnitudes": {"early": (0.1, 0.35)}},
        }
    )


@pytest.fixture
def make_group(study, settings, performance):
    """Make a group of the study; it says nothing."""
    folder, catalog = study

    def make(frame=catalog, h5_dir=folder, tables=None, say=len):
        none = pd.DataFrame(columns=["eid", "error_type", "error_message"])
        known = tables or GroupTables(errors=none, performance=performance)
        return PhotometrySessionGroup(
            frame, h5_dir=h5_dir, parameters=settings, tables=known, say=say
        )

    return make


@pytest.fixture(scope="session")
def group(study, settings, performance):
    """A group with its magnitudes computed; not to be changed."""
    folder, catalog = study
    made = PhotometrySessionGroup(
        catalog,
        h5_dir=folder,
        parameters=settings,
        tables=GroupTables(performance=performance),
        say=len,
    )
    made.get_response_magnitudes()
    return made


@pytest.fixture
def computed(group):
    """A group of the same recordings, with the magnitudes, that may be changed."""
    return group.filter(np.ones(len(group), dtype=bool))


@pytest.fixture(scope="session")
def vta(group):
    """The recordings of one target; not to be changed."""
    return group.filter(group.recordings["target_NM"] == "VTA-DA")
