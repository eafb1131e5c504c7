"""Responses of real recordings, used in place."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.responses import (
    compute_magnitude,
    extract_responses,
    subtract_baseline,
)

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def shared():
    folder = os.environ.get("RANVIER_SHARED")
    if not folder:
        pytest.skip("RANVIER_SHARED does not name the folder of recorded data")
    return Path(folder) / "data" / "photometry"


@pytest.fixture(scope="module")
def cq002(shared):
    """The two channels of CQ002 at 470 nm, and its trials."""
    alf = shared / "CQ002_2024-11-05_001" / "alf"
    if not alf.is_dir():
        pytest.skip("CQ002 is not in RANVIER_SHARED")
    frames = pd.read_parquet(alf / "photometry" / "photometry.signal.pqt")
    frames = frames[frames["name"] == "GCaMP"]
    trials = pd.read_parquet(alf / "task_00" / "_ibl_trials.table.pqt")
    return frames["times"].to_numpy(), frames[["G0", "G4"]].to_numpy(), trials


def test_responses_of_cq002_are_those_of_a_plain_loop(cq002):
    t, signal, trials = cq002
    kinds = ("stimOn_times", "firstMovement_times", "feedback_times")
    events = {kind: trials[kind].to_numpy() for kind in kinds}
    found = extract_responses(t, signal, events)
    values = found.values  # noqa: PD011
    usual = np.median(np.diff(t))
    for channel in range(2):
        for kind, times in enumerate(events.values()):
            for trial, event in enumerate(times):
                at = event + found.t
                if not (at[0] >= t[0] and at[-1] <= t[-1]):
                    assert np.isnan(values[channel, kind, trial]).all()
                    continue
                expected = np.interp(at, t, signal[:, channel])
                after = np.searchsorted(t, at)
                gap = t[after] - t[after - 1] > 2.5 * usual
                expected[gap] = np.nan
                row = values[channel, kind, trial]
                np.testing.assert_allclose(row, expected, atol=1e-10, rtol=0)
    assert (~np.isnan(values).all(-1)).mean() > 0.9


def test_the_reference_behaviour_on_cq002_is_that_of_a_plain_loop(cq002):
    t, signal, trials = cq002
    events = trials["feedback_times"].to_numpy()
    found = extract_responses(t, signal[:, 0], events, compat="iblnm")
    values = found.values  # noqa: PD011

    assert values.shape == (len(trials), 60)
    for row, event in zip(values, events, strict=True):
        if not (event - 1 >= t[0] and event + 1 <= t[-1]):
            assert np.isnan(row).all()
            continue
        first = np.searchsorted(t, event) - 30
        np.testing.assert_array_equal(row, signal[first : first + 60, 0])


def test_the_cues_of_akam_are_answered(shared):
    readers = pytest.importorskip("ranvier.analysis.readers")
    path = shared / "m53_NAc_L-2019-11-24-093939.ppd"
    if not hasattr(readers, "read_ppd"):
        pytest.skip("there is no reader of .ppd files")
    if not path.is_file():
        pytest.skip("the recording of m53 is not in RANVIER_SHARED")
    green = readers.read_ppd(path).bands["GCaMP"]  # dLight, raw
    cues = np.load(shared / "reward_cue_times.npy")
    found = extract_responses(green.index.to_numpy(), green.to_numpy()[:, 0], cues)
    rows = subtract_baseline(found.values, found.t, (-1.0, 0.0))
    change = compute_magnitude(rows, found.t, (0.0, 1.0))

    assert np.isfinite(change).sum() == 137
    assert change.mean() / change.std(ddof=1) * np.sqrt(137) > 15
