import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import (
    TARGETNM_COLORS,
    TARGETNM_POSITIONS,
    choose_colors,
    choose_marks,
    choose_shades,
    get_event_color,
    group_trials,
    label_event,
    label_value,
    sort_targets,
    thin_line,
)
from ranvier.analysis.figures._tables import (
    add_side,
    average,
    drop_unknown,
    mean_and_sem,
)


def test_known_targets_have_colour_and_place():
    assert set(TARGETNM_COLORS) == set(TARGETNM_POSITIONS)
    assert choose_colors(TARGETNM_COLORS) == {
        name: TARGETNM_COLORS[name] for name in sort_targets(TARGETNM_COLORS)
    }


def test_targets_not_known_take_the_next_of_a_cycle_whatever_the_order():
    forward = choose_colors(["VTA-DA", "a", "b"])
    backward = choose_colors(["b", "a", "VTA-DA"])

    assert forward == backward
    assert len(set(forward.values())) == 3


def test_more_names_than_colours_still_have_marks_and_colours():
    names = [f"target {i:02d}" for i in range(30)]

    assert list(choose_colors(names)) == names
    assert len(set(choose_marks(names).values())) == 8


def test_missing_names_are_left_out():
    assert sort_targets(["b", None, float("nan"), "a"]) == ["a", "b"]


def test_near_colours_have_other_marks():
    marks = choose_marks(["VTA-DA", "SNc-DA", "NBM-ACh", "SI-ACh"])

    assert len(set(marks.values())) == 4


def test_shades_go_from_light_to_dark():
    brightness = [sum(shade[:3]) for shade in choose_shades(5)]

    assert brightness == sorted(brightness, reverse=True)
    assert len(choose_shades(1)) == 1
    assert choose_shades(0) == []


def test_words_of_events_and_columns():
    assert label_event("firstMovement_times") == "Movement"
    assert get_event_color("none_of_ours") == "#222222"
    assert label_value("psych_50_bias") == "Bias (%)"
    assert label_value("some_thing") == "Some thing"


def test_a_thinned_line_keeps_extremes_gaps_and_order():
    y = np.sin(np.arange(50_000) / 500)
    y[20_000] = 9.0
    y[30_000:40_000] = np.nan
    t, thin = thin_line(np.arange(50_000), y, 1000)

    assert len(t) <= 1100
    assert np.nanmax(thin) == 9.0
    assert np.nanmin(thin) == np.nanmin(y)
    assert (np.diff(t) >= 0).all()
    assert np.isnan(thin[(t > 30_100) & (t < 39_900)]).all()
    assert thin_line([1.0], [2.0])[1].tolist() == [2.0]


def test_a_line_that_is_no_whole_number_of_stretches_keeps_its_end():
    t, y = thin_line(np.arange(10_007), np.arange(10_007), 100)

    assert y[-1] == t[-1] == 10_006


def test_means_over_trials_and_over_subjects_differ_as_they_should():
    table = pd.DataFrame({"subject": list("aaab"), "c": 1, "x": [1.0, 1, 1, 5]})
    pool = average(table, "x", ["c"])
    subject = average(table, "x", ["c"], "subject")

    assert pool["mean"].item() == 2.0
    assert pool["sem"].item() == 1.0
    assert subject["mean"].item() == 3.0
    assert subject["n"].item() == 2


def test_an_unknown_way_to_average_is_a_fault():
    with pytest.raises(DataFault, match="aggregation"):
        average(pd.DataFrame({"x": [1]}), "x", [], "median")


def test_sides_are_told_from_the_hemisphere():
    table = pd.DataFrame({"stim_side": ["left", "right"] * 3})
    table["hemisphere"] = ["l", "l", "r", "r", "", ""]

    assert add_side(table)["side"].tolist() == [
        *("ipsi", "contra", "contra", "ipsi", "ipsi", "contra")
    ]


def test_coded_sides_become_words_and_words_stay():
    coded = add_side(pd.DataFrame({"side": [0.5, -0.5, np.nan]}))["side"]
    words = add_side(pd.DataFrame({"side": ["ipsi"]}))["side"]

    assert coded.tolist() == ["contra", "ipsi", None]
    assert words.tolist() == ["ipsi"]


def test_rows_with_what_is_not_finite_are_left_out():
    table = pd.DataFrame({"x": [1.0, np.inf, np.nan], "name": ["a", "b", "c"]})

    assert drop_unknown(table, "x", "name")["name"].tolist() == ["a"]


def test_a_missing_column_is_a_fault_that_names_it():
    with pytest.raises(DataFault, match="lacks y") as caught:
        drop_unknown(pd.DataFrame({"x": [1]}), "x", "y")

    assert caught.value.mend


def test_mean_and_sem_of_nothing_and_of_one():
    mean, sem = mean_and_sem([[1.0, np.nan], [3.0, 4.0]])

    assert mean.tolist() == [2.0, 4.0]
    assert sem[0] == 1.0
    assert np.isnan(sem[1])


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("feedbackType", ["correct", "incorrect"]),
        ("contrast", ["6.25 %", "100 %"]),
        ("stim_side", ["left", "right"]),
        ("choice", ["left", "right", "none"]),
        ("none", ["all trials"]),
    ],
)
def test_trials_are_grouped_each_in_one(by, labels):
    trials = pd.DataFrame(
        {
            "feedbackType": [1, -1, 1],
            "contrast": [100, 6.25, 100],
            "stim_side": ["left", "right", "left"],
            "choice": [1, -1, 0],
        }
    )
    groups = group_trials(trials, by)

    assert [group.label for group in groups] == labels
    assert np.sum([group.which for group in groups], axis=0).tolist() == [1, 1, 1]
    assert len({(g.style["color"], g.style.get("linestyle")) for g in groups}) == len(
        labels
    )


def test_trials_without_a_value_are_in_no_group():
    groups = group_trials(pd.DataFrame({"contrast": [np.nan, 25.0]}), "contrast")

    assert [group.which.tolist() for group in groups] == [[False, True]]


def test_trials_grouped_by_what_there_is_not_are_a_fault():
    with pytest.raises(DataFault, match="`by`"):
        group_trials(pd.DataFrame(), "weather")
