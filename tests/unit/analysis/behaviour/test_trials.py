import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import (
    add_relative_contrast,
    compute_trial_contrasts,
    compute_trial_timings,
    get_right_choices,
    sort_trials_by_type,
)
from ranvier.analysis.faults import TrialFault
from ranvier.core import AnalysisError

NAN = np.nan


@pytest.fixture
def trials():
    return pd.DataFrame(
        {
            "contrastLeft": [1.0, NAN, 0.0, NAN, NAN],
            "contrastRight": [NAN, 0.0625, NAN, 0.0, NAN],
            "feedbackType": [1, -1, -1, 1, NAN],
        },
        index=[10, 11, 12, 13, 14],
    )


def test_contrasts_are_percent_and_negative_on_the_left(trials):
    found = compute_trial_contrasts(trials)

    assert found["stim_side"].tolist() == ["left", "right", "left", "right", "right"]
    assert found["signed_contrast"].tolist() == [-100.0, 6.25, 0.0, 0.0, 0.0]
    assert found["contrast"].tolist() == [100.0, 6.25, 0.0, 0.0, 0.0]
    assert "contrast" not in trials.columns


@pytest.mark.parametrize(
    ("hemisphere", "midline", "sign"),
    [("l", "left", 1), ("r", "right", -1), ("", "right", 1), (None, "left", -1)],
)
def test_contra_is_the_side_away_from_the_fibre(trials, hemisphere, midline, sign):
    found = add_relative_contrast(trials, hemisphere, midline)
    contra = "right" if sign == 1 else "left"

    assert found["relative_contrast"].tolist() == [-100.0 * sign, 6.25 * sign, 0, 0, 0]
    assert ((found["side"] == "contra") == (found["stim_side"] == contra)).all()


@pytest.mark.parametrize(("hemisphere", "midline"), [("left", "right"), ("", "up")])
def test_another_hemisphere_is_refused(trials, hemisphere, midline):
    with pytest.raises(AnalysisError, match="may have"):
        add_relative_contrast(trials, hemisphere, midline)


@pytest.mark.parametrize("wrong", [25.0, -0.5])
def test_a_contrast_that_is_no_fraction_is_a_fault(trials, wrong):
    trials.loc[11, "contrastRight"] = wrong
    with pytest.raises(TrialFault, match="fractions"):
        compute_trial_contrasts(trials)


def test_missing_columns_are_named(trials):
    with pytest.raises(TrialFault, match="contrastRight") as caught:
        compute_trial_contrasts(trials.drop(columns="contrastRight"))
    assert caught.value.mend
    with pytest.raises(TrialFault, match="stimOn_times, firstMovement_times, feedback"):
        compute_trial_timings(trials)


def test_timings_are_differences_of_events():
    trials = pd.DataFrame(
        {
            "stimOn_times": [1.0, 2.0, NAN],
            "firstMovement_times": [1.5, NAN, 3.0],
            "feedback_times": [2.5, 4.0, 5.0],
        }
    )
    found = compute_trial_timings(trials)

    expected = [[0.5, 1.0, 1.5], [NAN, NAN, 2.0], [NAN, 2.0, NAN]]
    np.testing.assert_array_equal(found.to_numpy(), expected)


def test_incorrect_trials_come_first_then_by_falling_contrast(trials):
    assert sort_trials_by_type(trials).tolist() == [1, 2, 0, 3, 4]


def test_an_empty_table_stays_empty(trials):
    assert len(compute_trial_contrasts(trials[:0])) == 0
    assert sort_trials_by_type(trials[:0]).shape == (0,)


def test_a_column_of_objects_is_read(trials):
    trials["contrastLeft"] = trials["contrastLeft"].astype(object)
    trials.loc[11, "contrastLeft"] = None

    assert compute_trial_contrasts(trials)["contrast"].tolist()[:2] == [100.0, 6.25]


def test_a_zero_in_place_of_nan_is_the_side_without_stimulus():
    table = pd.DataFrame(
        {
            "contrastLeft": [0.0, 1.0, 0.0, 0.5],
            "contrastRight": [1.0, 0.0, 0.0, 0.0],
        }
    )
    found = compute_trial_contrasts(table)

    assert found["stim_side"].tolist() == ["right", "left", "right", "left"]
    assert found["signed_contrast"].tolist() == [100.0, -100.0, 0.0, -50.0]
    assert found["contrast"].tolist() == [100.0, 100.0, 0.0, 50.0]


def test_stimuli_on_both_sides_are_a_fault(trials):
    trials.loc[11, "contrastLeft"] = 0.5
    with pytest.raises(TrialFault, match="both sides") as caught:
        compute_trial_contrasts(trials)

    assert "row 1" in caught.value.found


def test_a_choice_that_is_not_known_is_neither_right_nor_left():
    choice = [-1.0, 1.0, 0.0, NAN]
    found = get_right_choices(pd.DataFrame({"choice": choice}))

    np.testing.assert_array_equal(found, [1.0, 0.0, 0.0, NAN])
