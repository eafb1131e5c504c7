import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import (
    find_trials_outside,
    measure_completeness,
    validate_event_completeness,
    validate_n_trials,
    validate_trials_in_photometry_time,
)
from ranvier.analysis.faults import (
    IncompleteEventTimes,
    InsufficientTrials,
    SignalFault,
    TrialFault,
    TrialsNotInPhotometryTime,
)


@pytest.fixture
def trials():
    start = np.arange(100.0)
    return pd.DataFrame(
        {
            "stimOn_times": start,
            "firstMovement_times": np.where(start < 11, np.nan, start + 0.2),
            "feedback_times": start + 0.5,
        }
    )


def test_ninety_trials_are_enough(trials):
    validate_n_trials(trials[:90])
    with pytest.raises(InsufficientTrials, match="too few") as caught:
        validate_n_trials(trials[:89], session="s1")

    assert (caught.value.found, caught.value.where) == ("89", "session s1")


def test_completeness_is_the_fraction_of_known_times(trials):
    assert measure_completeness(trials) == {
        "stimOn_times": 1.0,
        "firstMovement_times": 0.89,
        "feedback_times": 1.0,
    }
    assert measure_completeness(trials[:0])["stimOn_times"] == 0.0


def test_events_that_are_too_rare_or_absent_are_all_named(trials):
    validate_event_completeness(trials, threshold=0.89)
    with pytest.raises(IncompleteEventTimes) as caught:
        validate_event_completeness(trials.drop(columns="feedback_times"))

    assert caught.value.missing_events == ["firstMovement_times", "feedback_times"]


def test_trials_before_and_after_the_photometry_are_found(trials):
    outside = find_trials_outside(trials, np.linspace(1.0, 98.0, 50))

    assert np.flatnonzero(outside).tolist() == [0, 98, 99]
    validate_trials_in_photometry_time(trials, [0.0, 99.5])
    with pytest.raises(TrialsNotInPhotometryTime, match="outside"):
        validate_trials_in_photometry_time(trials, [1.0, 99.5])


def test_events_without_time_lie_nowhere(trials):
    assert not find_trials_outside(trials.assign(stimOn_times=np.nan), [0.0, 100]).any()


def test_no_photometry_and_no_column_are_faults(trials):
    with pytest.raises(SignalFault):
        find_trials_outside(trials, [np.nan])
    with pytest.raises(TrialFault, match="feedback_times"):
        find_trials_outside(trials.drop(columns="feedback_times"), [0.0, 1.0])
