from __future__ import annotations

import numpy as np
import pytest

from ranvier.analysis.faults import MissingVideoTimestamps
from ranvier.analysis.qc import compute_video_qc


def test_a_whole_video_passes_and_scores_one():
    times = np.arange(0.0, 100.0, 0.04)
    found = compute_video_qc(times, 100.0, {"pin_state": "PASS", "focus": "NOT_SET"})

    assert found.n_frames == times.size
    assert found.frame_interval == pytest.approx(0.04)
    assert found.length_discrepancy == pytest.approx(-0.04)
    assert found.n_dropped_frames == 0
    assert found.score == 1.0
    assert found.to_row()["qc_video_pin_state"] == "PASS"


def test_dropped_frames_are_counted_where_they_are_missing():
    times = np.delete(np.arange(0.0, 100.0, 0.04), [10, 11, 500])
    found = compute_video_qc(times, 100.0)

    assert found.n_dropped_frames == 3
    assert found.longest_gap == pytest.approx(0.12)
    assert found.labels["dropped_frames"] == "WARNING"
    assert found.score == -1.0


def test_frames_without_a_time_count_as_dropped():
    times = np.arange(0.0, 10.0, 0.1)
    times[[3, 4, 50, 99]] = np.nan
    found = compute_video_qc(times)

    assert found.n_frames == 96
    assert found.n_dropped_frames == 4
    assert found.labels["timestamps"] == "FAIL"
    assert np.isnan(found.length_discrepancy)


def test_a_video_that_is_too_short_is_an_error_whatever_its_labels():
    found = compute_video_qc(np.arange(0.0, 100.0, 0.04), 300.0, {"focus": "PASS"})

    assert found.score == -1.0


def test_labels_of_others_go_before_ours_and_are_averaged():
    given = {"timestamps": "PASS", "focus": "CRITICAL", "position": "WARNING"}
    found = compute_video_qc(np.arange(0.0, 10.0, 0.1), 10.0, given)

    assert found.score == pytest.approx(np.mean([1.0, 1.0, 0.33, 0.66]))


@pytest.mark.parametrize("times", [[], [1.0], [np.nan, np.nan, 2.0]])
def test_a_video_without_times_is_a_fault(times):
    with pytest.raises(MissingVideoTimestamps):
        compute_video_qc(times)


@pytest.mark.parametrize("times", [[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
def test_times_that_do_not_rise_fail(times):
    found = compute_video_qc(times)

    assert found.labels["timestamps"] == "FAIL"
    assert found.n_dropped_frames == 0
