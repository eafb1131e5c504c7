"""Checks of the metadata of a session, with the names of the IBL."""

from __future__ import annotations

import pandas as pd
import pytest

from ranvier.iblnm import validation
from ranvier.iblnm.data import PhotometrySession

GOOD = {
    "eid": "s1",
    "subject": "m1",
    "start_time": "2024-11-05T14:03:22",
    "strain": "B6.Cg",
    "line": "Ai148xDat",
    "NM": "DA",
    "brain_region": ["VTA-l"],
    "hemisphere": ["l"],
    "length_discrepancy": 3.0,
    "qc_video_timestamps": "PASS",
    "qc_video_dropped_frames": "PASS",
    "qc_video_pin_state": "PASS",
}

WRONG = [
    ("validate_subject", {"subject": "SP076"}, "InvalidSubject"),
    ("validate_strain", {"strain": "none"}, "InvalidStrain"),
    ("validate_line", {"line": "none"}, "InvalidLine"),
    ("validate_neuromodulator", {"NM": "GABA"}, "InvalidNeuromodulator"),
    ("validate_brain_region", {"brain_region": ["V1"]}, "InvalidBrainRegion"),
    ("validate_brain_region", {"brain_region": []}, "MissingBrainRegion"),
    (
        "validate_hemisphere",
        {"brain_region": ["VTA"], "hemisphere": [""]},
        "MissingHemisphere",
    ),
    ("validate_datasets", {"datasets": []}, "DataNotListed"),
    ("validate_video_length", {"length_discrepancy": 200.0}, "VideoLengthError"),
    (
        "validate_video_timestamps_qc",
        {"qc_video_timestamps": "FAIL"},
        "VideoTimestampsQCError",
    ),
    (
        "validate_video_dropped_frames_qc",
        {"qc_video_dropped_frames": None},
        "VideoDroppedFramesQCError",
    ),
    (
        "validate_video_pin_state_qc",
        {"qc_video_pin_state": "WARNING"},
        "VideoPinStateQCError",
    ),
]


@pytest.mark.parametrize(("check", "change", "fault"), WRONG)
def test_a_check_raises_its_own_exception_or_logs_it(check, change, fault):
    row, function = pd.Series({**GOOD, **change}), getattr(validation, check)
    log = []

    with pytest.raises(getattr(validation, fault)):
        function(row)
    assert function(row, exlog=log) is row
    assert [(each["eid"], each["error_type"]) for each in log] == [("s1", fault)]


@pytest.mark.parametrize("check", sorted({name for name, *_ in WRONG}))
def test_a_good_row_comes_back(check):
    listed = [
        "_iblrig_taskData.raw.jsonable", "_iblrig_leftCamera.raw.mp4",
        "_neurophotometrics_fpData.channels.csv", "_neurophotometrics_fpData.raw.pqt",
        "_ibl_trials.table.pqt", "_ibl_wheel.position.npy", "photometry.signal.pqt",
        "photometryROI.locations.pqt",
    ]  # fmt: skip
    row = {**GOOD, "datasets": listed}

    assert getattr(validation, check)(row) is row


def test_applied_to_a_table_the_table_comes_back_and_errors_are_logged():
    bad = {**GOOD, "eid": "s2", "brain_region": ["V1-r"], "hemisphere": ["r"]}
    df, log = pd.DataFrame([GOOD, bad, GOOD]), []
    after = df.apply(validation.validate_brain_region, axis="columns", exlog=log)

    pd.testing.assert_frame_equal(df, after)
    assert list(pd.DataFrame(log)["eid"]) == ["s2"]


def test_a_session_can_be_checked_as_its_row():
    session = PhotometrySession({**GOOD, "line": "none"})

    with pytest.raises(validation.InvalidLine):
        validation.validate_line(session)


def test_fibres_of_the_other_side_do_not_match():
    with pytest.raises(validation.HemisphereMismatch):
        validation.validate_hemisphere(GOOD, {"VTA": "r"})
