import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.analysis.responses import (
    Feature,
    compute_response_vector,
    feature_sort_key,
    parse_feature,
)
from ranvier.core import AnalysisError


@pytest.fixture
def trials():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "stim_side": rng.choice(["left", "right"], 200),
            "contrast": rng.choice([0, 6.25, 12.5, 25, 100.0], 200),
            "feedbackType": rng.choice([-1, 1], 200, p=[0.3, 0.7]),
        }
    )


def make_magnitudes(n=200):
    rng = np.random.default_rng(5)
    values = {f"{e}_times": rng.normal(size=n) for e in ("stimOn", "feedback")}
    values["feedback_times"][: n // 5] = np.nan
    return values


@pytest.mark.parametrize(
    ("hemisphere", "midline", "contra"),
    [
        ("l", "right", "right"),
        ("r", "right", "left"),
        ("", "right", "right"),
        (None, "left", "left"),
    ],
)
def test_each_condition_is_the_mean_of_a_plain_loop(
    trials, hemisphere, midline, contra
):
    numbers = make_magnitudes()
    vector = compute_response_vector(
        numbers, trials, hemisphere, min_trials=5, midline=midline
    )
    rows = trials.to_dict("records")
    for label, value in vector.items():
        event, contrast, side, outcome = label.split("_")
        inside = [
            number
            for number, trial in zip(numbers[f"{event}_times"], rows, strict=True)
            if trial["contrast"] == float(contrast[1:])
            and (trial["stim_side"] == contra) == (side == "contra")
            and (trial["feedbackType"] == 1) == (outcome == "correct")
            and not np.isnan(number)
        ]
        expected = np.mean(inside) if len(inside) >= 5 else np.nan

        assert value == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert len(vector) == 2 * 5 * 2 * 2
    assert vector.isna().any()


def test_labels_say_percent_and_stand_in_order(trials):
    vector = compute_response_vector(make_magnitudes(), trials, "l", 1)

    assert vector.index[:5].tolist() == [
        f"stimOn_c{c}_contra_correct" for c in ("0", "6.25", "12.5", "25", "100")
    ]
    assert vector.index[-1] == "feedback_c100_ipsi_incorrect"


def test_a_scaled_vector_goes_from_0_to_1(trials):
    plain = compute_response_vector(make_magnitudes(), trials, "l", 1)
    scaled = compute_response_vector(make_magnitudes(), trials, "l", 1, "minmax")

    assert (scaled.min(), scaled.max()) == (0.0, 1.0)
    np.testing.assert_allclose(
        scaled, (plain - plain.min()) / (plain.max() - plain.min()), atol=1e-12
    )


def test_no_trials_give_no_labels_and_too_few_nan(trials):
    none = compute_response_vector({"stimOn": []}, trials[:0], "l")
    few = compute_response_vector({"stimOn": [1.0]}, trials[:1], "l", 5, "minmax")

    assert len(none) == 0
    assert few.isna().all()


@given(
    st.sampled_from(["stimOn", "feedback", "first_movement", "c1"]),
    st.sampled_from([0.0, 6.25, 12.5, 25.0, 100.0]),
    st.sampled_from(["contra", "ipsi"]),
    st.sampled_from(["correct", "incorrect"]),
)
def test_a_label_is_read_as_it_was_written(event, contrast, side, outcome):
    feature = Feature(event, contrast, side, outcome)

    assert parse_feature(str(feature)) == feature


@given(st.text())
def test_another_text_is_refused_or_a_label(text):
    try:
        feature = parse_feature(text)
    except AnalysisError:
        return

    assert str(feature) == text


def test_side_comes_before_event_outcome_and_contrast():
    labels = [
        "feedback_c0_contra_correct",
        "stimOn_c100_ipsi_correct",
        "stimOn_c25_contra_incorrect",
        "stimOn_c100_contra_correct",
        "other_c0_contra_correct",
    ]

    assert sorted(labels, key=feature_sort_key) == [
        "stimOn_c100_contra_correct",
        "stimOn_c25_contra_incorrect",
        "feedback_c0_contra_correct",
        "other_c0_contra_correct",
        "stimOn_c100_ipsi_correct",
    ]


@pytest.mark.parametrize(
    "words",
    [
        {"hemisphere": "left"},
        {"hemisphere": "l", "normalize": "max"},
        {"hemisphere": "", "midline": "up"},
    ],
)
def test_another_argument_is_refused(trials, words):
    with pytest.raises(AnalysisError, match="may have"):
        compute_response_vector(make_magnitudes(), trials, **words)


def test_missing_columns_events_and_rows_are_named(trials):
    with pytest.raises(AnalysisError) as caught:
        compute_response_vector({}, trials.drop(columns="contrast"), "l")
    assert caught.value.wanted == "contrast"
    with pytest.raises(AnalysisError):
        compute_response_vector({}, trials, "l")
    with pytest.raises(AnalysisError):
        compute_response_vector(make_magnitudes(3), trials, "l")
